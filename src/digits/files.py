"""Writing files that are either whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digits.errors import DigitsError


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path` through a temporary file beside it.

    Whoever looks sees the old file or the whole new one, also after a power cut.
    Raises DigitsError if the place cannot be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DigitsError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):  # gone under its new name, or never made
            temporary.unlink()


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary file name beside `path`, of the same suffix, for a writer that needs a path.

    The file takes the place of `path` when the block ends, and is removed if the block raises.
    Raises DigitsError, naming `path`, if it cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DigitsError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):  # renamed, or never made
            temporary.unlink()


def write_json(path: str | Path, value: Any) -> None:
    """Write plain data as indented JSON, as `write_atomically` does."""
    write_atomically(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
