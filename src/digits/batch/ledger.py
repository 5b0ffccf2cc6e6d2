"""What is to be done and what is done: a job's folder, which survives whatever ends the process.

    numbers/                  the folder named; its parts are all that readers of a table look at
        part-000000.jsonl     one a shard: its rows, complete
        part-000001-2.jsonl   the same, read again for the second time (--retry-errors)
        _job/
            manifest.json     model, options and form: what rows depend on besides the pictures
            shards.jsonl      the listing, a shard a line, and what it amounts to as last line
            journal.jsonl     a line for each part that is finished
            lock              held while a process works on the job

A part is written as `part-000000.jsonl.pending`, brought to the disk, and renamed; then its line
is added to the journal, and brought to the disk. A part without a line is an orphan, removed when
the job goes on, as is a last line that is not whole. So each shard is written exactly once,
whenever the process ends; and names follow from the shard, so that no second part of it can stand
beside.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from digits.batch.rows import Rows, class_of
from digits.batch.shards import Digest, Entry, Shard, shards
from digits.batch.sinks import SUFFIXES, reading, writing
from digits.errors import DigitsError
from digits.files import printable, replacing, sync_folder, write_json

_PART = re.compile(r"part-\d{6,}(-\d+)?\.\w+(\.pending)?")
NOTHING = np.empty(0, np.uint64)
# What the decoding of JSON raises, and the use of what it is not meant to hold.
_NOT_OURS = (ValueError, TypeError, LookupError, AttributeError, RecursionError, EOFError)
_NOT_HERE = "name another folder with --out, or remove this one"


@dataclass(frozen=True, slots=True)
class Failed:
    """A picture with an error: which of the shard, which rows of the part are its, what class."""

    position: int
    row: int
    rows: int
    kind: str


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the journal: a part that is finished. turn: how often the shard was read before."""

    shard: int
    turn: int
    pictures: int
    rows: int
    failed: tuple[Failed, ...]

    def to_json(self) -> str:
        """The line."""
        content = asdict(self) | {"failed": [list(asdict(f).values()) for f in self.failed]}
        return json.dumps(content)

    @classmethod
    def from_json(cls, line: bytes) -> Done:
        """What `to_json` was called on. Raises one of _NOT_OURS for what is none."""
        content = json.loads(line)
        failed = tuple(Failed(*values) for values in content.pop("failed"))
        done = cls(**content, failed=failed)
        counts = [done.shard, done.turn, done.pictures, done.rows]
        counts += [count for each in failed for count in (each.position, each.row, each.rows)]
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise ValueError("a part has counts that are none")
        if not all(isinstance(each.kind, str) for each in failed):
            raise TypeError("a picture has a class of error that is none")
        return done


class Ledger:
    """A job's folder, held by this process alone until it is closed."""

    def __init__(self, folder: Path, form: str) -> None:
        """Raises DigitsError if the folder cannot be made, or another process works on it."""
        from filelock import FileLock, Timeout

        self.folder, self.form = folder, form
        self._manifest, self._shards, self._journal = (
            folder / "_job" / name for name in ("manifest.json", "shards.jsonl", "journal.jsonl")
        )
        self.done: dict[int, Done] = {}
        try:
            self._manifest.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._manifest.with_name("lock"), timeout=0)
            self._lock.acquire()
        except Timeout:
            raise DigitsError(f"another process works on {_shown(folder)}; wait for it") from None
        except OSError as error:
            raise DigitsError(f"cannot write to {_shown(folder)}: {error.strerror}") from error

    def close(self) -> None:
        """Let other processes have it."""
        self._lock.release()

    @property
    def has_job(self) -> bool:
        """Whether a job was begun here."""
        return self._manifest.exists()

    # Beginning, and going on

    def begin(self, manifest: dict[str, Any], listing: Iterable[Entry]) -> None:
        """Write down what is to be done. Raises DigitsError if there is something already."""
        if any(self.folder.glob("part-*")):
            raise DigitsError(f"{_shown(self.folder)} holds parts of no job; {_NOT_HERE}")
        self._write_shards(listing)
        write_json(self._manifest, manifest)

    def go_on(self, manifest: dict[str, Any], listing: Iterable[Entry]) -> None:
        """Go on where the job was left. Raises DigitsError if it is another one."""
        self._check(manifest)
        digest = Digest()
        for _ in digest.counted(listing):
            pass
        before, now = self.inputs, digest.to_dict()
        if any(before[name] != now[name] for name in now):
            raise DigitsError(
                f"{_difference(before, now)}; name the same pictures, add new ones with --extend, "
                "or begin in another folder"
            )
        self._recover()

    def extend(self, manifest: dict[str, Any], listing: Iterable[Entry]) -> None:
        """Go on, with shards more for what is new in the listing.

        Raises DigitsError if it is another job, or if what was listed before is not there any more.
        """
        self._check(manifest)
        entries = (entry for shard in self.shards() for entry in shard.entries)
        known = np.sort(np.fromiter(map(_hash, entries), np.uint64))
        self._write_shards(listing, known)
        self._recover()

    def _check(self, manifest: dict[str, Any]) -> None:
        with _sound(self._manifest):
            before = dict(json.loads(self._manifest.read_text("utf-8")))
        for name in manifest:
            if manifest[name] != before.get(name):
                raise DigitsError(
                    f"the job in {_shown(self.folder)} was begun with another {name}: "
                    f"{printable(str(before.get(name)))}, now {manifest[name]}; use the same, or "
                    "begin elsewhere"
                )

    def _write_shards(self, listing: Iterable[Entry], known: NDArray[np.uint64] = NOTHING) -> None:
        """Write the listing down, shard by shard; behind the shards of before, if some is known."""
        digest, seen, count = Digest(), 0, 0

        def fresh() -> Iterator[Entry]:
            nonlocal seen
            for entry in digest.counted(listing):
                place = np.searchsorted(known, _hash(entry)) if len(known) else 0
                if place < len(known) and known[place] == _hash(entry):
                    seen += 1
                else:
                    yield entry

        with replacing(self._shards) as file:
            for shard in self.shards() if len(known) else ():
                file.write(f"{json.dumps(shard.to_list())}\n".encode())
                count += 1
            for shard in shards(fresh(), count):
                file.write(f"{json.dumps(shard.to_list())}\n".encode())
                count += 1
            if seen < len(known):
                raise DigitsError(
                    f"{len(known) - seen:,} of {len(known):,} files named before are not named "
                    "now, are gone, or have another size; --extend only adds files"
                )
            total = digest.to_dict() | {"shards": count}
            file.write(f"{json.dumps(total)}\n".encode())

    def _recover(self) -> None:
        """Read the journal up to its last whole line, and remove what is not in it."""
        content = self._journal.read_bytes() if self._journal.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(self._journal, len(whole))
        lines = {done.shard: done for done in _finished(whole)}
        parts = {path.name for path in self.folder.iterdir() if _PART.fullmatch(path.name)}
        # a part that someone removed is read again
        self.done = {k: done for k, done in lines.items() if self.part(done).name in parts}
        for name in parts - {self.part(done).name for done in self.done.values()}:
            (self.folder / name).unlink()

    # What there is

    def shards(self) -> Iterator[Shard]:
        """All shards of the listing, one by one. Raises DigitsError if it is damaged."""
        with _sound(self._shards), self._shards.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                content = json.loads(line)
                if isinstance(content, dict) and content["shards"] == number:
                    return  # the last line is what the listing amounts to
                yield Shard.from_list(number, content)
            raise EOFError

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What the listing amounts to: files, bytes, pictures (None if not known), sha256 of names
        and sizes, and how many shards it is cut into."""
        with _sound(self._shards), self._shards.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 500))
            content = json.loads(file.read().splitlines()[-1])
            counts = {name: content[name] for name in ("files", "bytes", "shards")}
            pictures, digest = content["pictures"], str(content["sha256"])
            if not all(isinstance(each, int) for each in (*counts.values(), pictures or 0)):
                raise TypeError("counts that are none")
            return counts | {"pictures": pictures, "sha256": digest}

    def part(self, done: Done) -> Path:
        """The file of a part."""
        turn = f"-{done.turn + 1}" if done.turn else ""
        return self.folder / f"part-{done.shard:06}{turn}{SUFFIXES[self.form]}"

    def parts(self) -> Iterator[Path]:
        """The files of all parts, in order."""
        return (self.part(self.done[number]) for number in sorted(self.done))

    @property
    def pictures(self) -> int:
        """How many are done."""
        return sum(done.pictures for done in self.done.values())

    def errors(self) -> Counter[str]:
        """How many pictures have an error, by class."""
        return Counter(failed.kind for done in self.done.values() for failed in done.failed)

    # Doing

    def finish(self, number: int, pictures: Iterable[tuple[int, Sequence[Rows]]]) -> None:
        """Write the part of a shard: for each picture its position and the rows of its pages.

        If the shard has a part already, pictures are those that are read again: the others' rows
        are taken from it. Raises DigitsError if the part cannot be written.
        """
        before = self.done.get(number)
        if before is None:
            done = Done(number, 0, 0, 0, ())
        else:
            done = replace(before, turn=before.turn + 1)
            pictures = self._with_old(before, iter(pictures))
        path = self.part(done)
        pending = path.with_name(path.name + ".pending")
        try:
            with pending.open("wb") as file:
                done = _written(file, self.form, done, pictures)
                file.flush()
                os.fsync(file.fileno())
            pending.replace(path)
            sync_folder(self.folder)
            self._log(done)
        except OSError as error:
            with contextlib.suppress(OSError):
                pending.unlink()
            raise DigitsError(f"cannot write {_shown(path)}: {error.strerror or error}") from error
        if before is not None:
            self.part(before).unlink()

    def _with_old(
        self, done: Done, again: Iterator[tuple[int, Sequence[Rows]]]
    ) -> Iterator[tuple[int, Sequence[Rows]]]:
        """The rows of a part, those of failed pictures replaced; at position -1 what stays."""
        old, at = reading(self.part(done), self.form), 0
        for failed in done.failed:
            yield from ((-1, (Rows((row,)),)) for row in islice(old, failed.row - at))
            was = tuple(islice(old, failed.rows))
            at = failed.row + failed.rows
            # an archive may be damaged earlier than before
            yield next(again, (failed.position, (Rows(was, failed.kind),)))
        yield from ((-1, (Rows((row,)),)) for row in old)
        yield from again  # what follows in an archive that could not be read to its end

    def _log(self, done: Done) -> None:
        with self._journal.open("ab") as file:
            file.write(f"{done.to_json()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        self.done[done.shard] = done


def _written(
    file: BinaryIO, form: str, done: Done, pictures: Iterable[tuple[int, Sequence[Rows]]]
) -> Done:
    """Write rows, and count them."""
    count, row, failed = done.pictures, 0, []
    with writing(file, form) as write:
        for position, pages in pictures:
            values = [value for page in pages for value in page.values]
            write(values)
            if kind := class_of(pages):
                failed.append(Failed(position, row, len(values), kind))
            row += len(values)
            count = max(count, position + 1)
    return replace(done, pictures=count, rows=row, failed=tuple(failed))


@contextlib.contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Whatever fails to be understood in this block is DigitsError: the file is damaged."""
    try:
        yield
    except _NOT_OURS as error:
        raise DigitsError(
            f"{_shown(path)} is damaged ({type(error).__name__}), so that the job cannot go on; "
            "begin it anew in another folder"
        ) from error


def _finished(journal: bytes) -> Iterator[Done]:
    """The parts of a journal. A damaged line is as good as none: its shard is read again."""
    for line in journal.splitlines():
        try:
            done = Done.from_json(line)
        except _NOT_OURS:
            continue
        yield done


def _hash(entry: Entry) -> int:
    """64 bits; two of 100 million files have the same with a probability of 0.03 %."""
    content = entry.key.encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """How two listings differ, in words."""
    for name in ("files", "bytes"):
        if before[name] != now[name]:
            return f"the pictures have changed: {now[name]:,} {name}, {before[name]:,} before"
    return "the pictures have changed: others have the same number and size"


def _shown(path: Path) -> str:
    return printable(str(path))
