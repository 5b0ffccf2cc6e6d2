"""What is to be read, cut into shards: the unit that is finished, or read again, as a whole.

A shard is an archive (tar, also compressed; zip; WebDataset), one row group of a Parquet file, or
up to 1,000 paths. Archives are read as streams; nothing is unpacked to the disk.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from digits.batch import PARQUET, TAR, ZIP
from digits.batch.storage import NamedBytes, beside, fetched, is_url, matching, open_file, size_of
from digits.errors import DigitsError, require
from digits.files import printable
from digits.io.content import MAXIMUM_BYTES
from digits.io.result import Outcome
from digits.io.sources import SUFFIXES, expand

PATHS_IN_SHARD = 1000

# What archives raise where they are damaged, locked by a password, or of a rare kind.
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
)
_NAMES = ("path", "name", "file_name", "filename", "file", "picture", "__key__", "key", "id")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a listing is made of: a file, or a row group of one.

    kind: "path", "tar", "zip" or "parquet". group: which row group. bytes: -1 if there is no such
    file. pictures: None if that is not known before it is read.
    """

    kind: str
    path: str
    bytes: int
    pictures: int | None = 1
    group: int = 0

    @property
    def key(self) -> str:
        """What it is told from others by, and whether it has changed."""
        return f"{self.path}\0{self.group}\0{self.bytes}"

    @property
    def is_sound(self) -> bool:
        """Whether its values are what they should be, which those of a damaged file are not."""
        counts = (self.bytes, self.group, self.pictures or 0)
        is_known = self.kind in ("path", *_READERS) and isinstance(self.path, str)
        return is_known and all(isinstance(count, int) for count in counts)


@dataclass(frozen=True, slots=True)
class Shard:
    """Pictures that are read and written together; number: 0, 1, …, in order of the listing."""

    number: int
    entries: tuple[Entry, ...]

    @property
    def pictures(self) -> int | None:
        """How many; None if that is not known before they are read."""
        return sum(e.pictures or 0 for e in self.entries) if self.entries[0].pictures else None

    @property
    def bytes(self) -> int:
        """Of its files."""
        return sum(max(0, entry.bytes) for entry in self.entries)

    def to_list(self) -> list[list[Any]]:
        """JSON-ready, short: there are 1,000 paths in it."""
        return [[e.kind, e.path, e.bytes, e.pictures, e.group] for e in self.entries]

    @classmethod
    def from_list(cls, number: int, content: list[list[Any]]) -> Shard:
        """The shard that `to_list` was called on. Raises ValueError or TypeError."""
        entries = tuple(Entry(*values) for values in content)
        if not entries or not all(entry.is_sound for entry in entries):
            raise ValueError("a shard of what is no file")
        return cls(number, entries)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of a shard: its name, and a path, the content of a file, or, instead of them,
    what is wrong with it. shard, position: where it stands."""

    name: str
    content: str | bytes = ""
    problem: str = ""
    shard: int = 0
    position: int = 0


def entries(sources: Iterable[str]) -> Iterator[Entry]:
    """What sources stand for, in order, each when it is asked for.

    Folders and wildcards as in `digits.io.sources.expand`, also of URLs (`digits.batch.storage`);
    what does not exist is an entry, too.
    """
    for source in sources:
        if is_url(source):
            for url in matching(source):
                yield from _entries_of(url)
            continue
        for found in expand([source]):
            yield from _entries_of(found.name if isinstance(found, Outcome) else str(found))


def _entries_of(path: str) -> Iterator[Entry]:
    lower, size = path.lower(), size_of(path)
    if size >= 0 and lower.endswith(PARQUET):
        yield from _row_groups(path, size)
    elif size >= 0 and lower.endswith((*TAR, *ZIP)):
        yield Entry("zip" if lower.endswith(ZIP) else "tar", path, size, None)
    else:
        yield Entry("path", path, size)


def _row_groups(path: str, size: int) -> Iterator[Entry]:
    parquet = require("pyarrow.parquet", "parquet")
    try:
        with open_file(path) as opened, parquet.ParquetFile(opened) as file:
            groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
            counts = [(group.num_rows, group.total_byte_size) for group in groups]
    except Exception as error:  # ArrowInvalid is a ValueError, others have their own bases
        raise DigitsError(
            f"{printable(path)} is no Parquet file that can be read ({type(error).__name__}); "
            "write it again, or leave it out"
        ) from error
    for group, (rows, stored) in enumerate(counts):
        if rows:
            yield Entry("parquet", path, stored, rows, group)


def shards(listing: Iterable[Entry], first: int = 0) -> Iterator[Shard]:
    """Cut a listing into shards, numbered from `first` on, each when it is asked for."""
    number = first
    for is_path, run in groupby(listing, lambda entry: entry.kind == "path"):
        while some := tuple(islice(run, PATHS_IN_SHARD if is_path else 1)):
            yield Shard(number, some)
            number += 1


def items(shard: Shard) -> Iterator[Item]:
    """The pictures of a shard, in order; at least one. Contents are read when they are asked for.

    Whatever is wrong with an archive is an item that says so, after those that could be read.
    """
    for position, item in enumerate(_items(shard)):
        yield replace(item, shard=shard.number, position=position)


def _items(shard: Shard) -> Iterator[Item]:
    first = shard.entries[0]
    if first.kind == "path":
        yield from (Item(entry.path, entry.path) for entry in shard.entries)
        return
    found = 0
    try:
        for name, content in _READERS[first.kind](first):
            found += 1
            if isinstance(content, Item):
                yield content
            else:
                yield Item(f"{first.path}/{name}", content)
    except _BROKEN as error:
        reason = " ".join(str(error).split())  # PyArrow's have several lines
        yield Item(first.path, problem=f"is damaged after {found:,} pictures ({reason})")
        return
    if not found:
        yield Item(first.path, problem="holds no picture files; name another archive")


def _tar(entry: Entry) -> Iterator[tuple[str, bytes]]:
    with _unpacked(entry.path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isreg() and is_picture(member.name):
                file = archive.extractfile(member)
                assert file is not None  # it is a regular one
                yield member.name, file.read(MAXIMUM_BYTES + 1)
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all


@contextlib.contextmanager
def _unpacked(path: str) -> Iterator[Any]:
    """The bytes of a tar file, whatever it is compressed with.

    Raises what these modules raise where it is cut off; tarfile itself takes a header that is cut
    off for the end.
    """
    with open_file(path) as file:
        start = file.read(6)
        file.seek(0)
        for magic, module in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma)):
            if start.startswith(magic):
                with module.open(file) as stream:
                    yield stream
                    while stream.read(1 << 20):  # to its checksum
                        pass
                return
        yield file
        file.seek(max(0, file.seek(0, os.SEEK_END) - tarfile.BLOCKSIZE))
        if any(file.read()):
            raise tarfile.ReadError("its end is missing")


def _zip(entry: Entry) -> Iterator[tuple[str, bytes | Item]]:
    with open_file(entry.path) as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.is_dir() or not is_picture(member.filename):
                continue
            try:
                with archive.open(member) as opened:
                    content: bytes | Item = opened.read(MAXIMUM_BYTES + 1)
            except _BROKEN as error:  # others of the archive may be whole
                content = Item(f"{entry.path}/{member.filename}", problem=f"is damaged: {error}")
            yield member.filename, content


def is_picture(name: str) -> bool:
    """Whether a member of an archive is a picture by its name; hidden ones are none."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_hidden = path.name.startswith((".", "__MACOSX")) or "__MACOSX" in path.parts
    return path.suffix.lower() in SUFFIXES and not is_hidden


def _parquet(entry: Entry) -> Iterator[tuple[str, bytes | Item]]:
    """Rows of a group. Raises OSError where it is damaged."""
    try:
        yield from _parquet_rows(entry)
    except DigitsError:
        raise
    except Exception as error:  # PyArrow's have many bases
        raise OSError(str(error)) from error


def _parquet_rows(entry: Entry) -> Iterator[tuple[str, bytes | Item]]:
    """Rows of a group: of its first column of bytes (or of a struct with bytes, as data sets have
    it), else paths, which are those beside the file."""
    parquet = require("pyarrow.parquet", "parquet")
    with open_file(entry.path) as opened, parquet.ParquetFile(opened) as file:
        picture, name = _columns(file.schema_arrow)
        columns = list(dict.fromkeys(each for each in (picture, name) if each))
        number = 0
        for batch in file.iter_batches(16, row_groups=[entry.group], columns=columns):
            for row in batch.to_pylist():
                yield _parquet_row(entry, row.get(picture), row.get(name), number)
                number += 1


def _parquet_row(entry: Entry, value: Any, name: Any, number: int) -> tuple[str, bytes | Item]:
    if isinstance(value, dict):  # {"bytes": …, "path": …}
        name, value = name or value.get("path"), value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return f"{entry.group}/{number}" + (f"/{name}" if name else ""), value
    if not value:
        where = f"{entry.path}/{entry.group}/{number}"
        return where, Item(where, problem="is empty; expected a picture's bytes or its path")
    path = beside(entry.path, value)
    return path, Item(path, path)


def _columns(schema: Any) -> tuple[str, str]:
    """The column of pictures, and that of names; "" if there is none of the latter."""
    types = {field.name: str(field.type) for field in schema}
    texts = [each for each in _NAMES if "string" in types.get(each, "")]
    for name, kind in types.items():
        if kind in ("binary", "large_binary") or kind.startswith("struct<bytes: binary"):
            return name, texts[0] if texts else ""
    if texts:
        return texts[0], ""
    raise DigitsError(
        f"a Parquet file has columns {', '.join(types)}; expected one of bytes, or of paths "
        f'called "{_NAMES[0]}"'
    )


_READERS: dict[str, Any] = {"tar": _tar, "zip": _zip, "parquet": _parquet}


class Digest:
    """What a listing amounts to, counted while it passes."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        self.pictures: int | None = 0  # None once it is not known of a file
        self._hash = hashlib.sha256()

    def counted(self, listing: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, counted."""
        for entry in listing:
            self.files += 1
            self.bytes += max(0, entry.bytes)
            if self.pictures is not None:
                self.pictures = entry.pictures and self.pictures + entry.pictures
            self._hash.update(entry.key.encode(errors="surrogatepass") + b"\n")
            yield entry

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "files": self.files,
            "bytes": self.bytes,
            "pictures": self.pictures,
            "sha256": self._hash.hexdigest(),
        }


def readable(item: Item) -> str | BinaryIO:
    """What a Reader takes for an item. Raises OSError for a URL that cannot be opened."""
    if isinstance(item.content, bytes):
        return NamedBytes(item.content, item.name)
    return fetched(item.content) if is_url(item.content) else item.content
