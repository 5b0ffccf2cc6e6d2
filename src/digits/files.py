"""Writing files that are either whole or not there, and naming them on one line."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from digits.errors import DigitsError


def printable(text: str) -> str:
    """`text` on one line, with the code of each character that a terminal would obey.

    Those are line breaks, control and formatting characters, and bytes that are no text.
    """
    return "".join(ascii(c)[1:-1] if _is_obeyed(c) else c for c in text)


def _is_obeyed(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Zl", "Zp")


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `path` when the block ends, whole or not at all.

    It is a temporary file beside `path`, removed if the block fails. A link stays one: the file
    that it leads to is replaced; an existing file keeps its mode. What is no regular file (a
    device, a named pipe, /dev/stdout) is written to directly. Raises DigitsError if that fails.
    """
    path = Path(path)
    try:
        with _written_directly(path) if _is_stream(path) else _replaced(path) as file:
            yield file
    except BrokenPipeError:  # whoever read it has enough
        raise
    except OSError as error:
        reason = error.strerror or error
        raise DigitsError(f"cannot write {printable(str(path))}: {reason}") from error


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, as `replacing` does.

    Whoever looks sees the old file or the whole new one, also after a power cut.
    Raises DigitsError if the place cannot be written to.
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_json(path: str | Path, value: Any) -> None:
    """Write plain data as indented JSON, as `write_atomically` does."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _is_stream(path: Path) -> bool:
    """Whether what stands at `path` cannot be replaced, but takes what is written into it."""
    if not path.exists() or path.is_dir():
        return False
    # /dev/stdout and /dev/fd/1 may lead to a regular file that a shell has open (`> file`)
    return not path.is_file() or path.parent.resolve() in (Path("/dev"), Path("/dev/fd").resolve())


def _written_directly(path: Path) -> BinaryIO:
    return path.open("ab")  # "wb" would cut a file that a shell appends to


@contextlib.contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    target = Path(os.path.realpath(path))  # unlike resolve(), no error where a link leads to itself
    temporary = target.with_name(f".digits-{os.urandom(8).hex()}")  # fits, however long the name
    try:
        with temporary.open("xb") as file:
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):  # gone under its new name, or never made
            temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too. Windows opens no folders, and needs no such thing."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
