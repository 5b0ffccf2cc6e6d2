"""Files on this machine, or under a URL of whatever fsspec knows (s3://, gs://, …)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from digits.errors import DigitsError, require
from digits.io.content import MAXIMUM_BYTES
from digits.io.sources import SUFFIXES

PICTURES = tuple(SUFFIXES)


def is_url(path: str) -> bool:
    """Whether a path is a URL."""
    return "://" in path


def size_of(path: str) -> int:
    """The size of a file in bytes; -1 if there is none."""
    try:
        if is_url(path):
            system, name = _system(path)
            return int(system.info(name)["size"])
        return Path(path).stat().st_size
    except (OSError, ValueError, KeyError):  # ValueError: a NUL in the path
        return -1


def open_file(path: str) -> BinaryIO:
    """Open a file to read. Raises OSError."""
    if is_url(path):
        system, name = _system(path)
        file: BinaryIO = system.open(name, "rb")
        return file
    return Path(path).open("rb")


def matching(url: str) -> Iterator[str]:
    """What a URL stands for, by name: the pictures of a folder, what wildcards match, or itself."""
    system, name = _system(url)
    if any(wildcard in name for wildcard in "*?["):
        names = system.glob(name)
    elif system.isdir(name):
        names = [each for each in system.ls(name, detail=False) if each.lower().endswith(PICTURES)]
    else:
        names = []
    yield from map(system.unstrip_protocol, sorted(names)) if names else [url]


def beside(path: str, name: str) -> str:
    """The path of a name that a file at `path` speaks of: it is meant from the file's folder."""
    if is_url(name):
        return name
    return f"{path.rpartition('/')[0]}/{name}" if is_url(path) else str(Path(path).parent / name)


class NamedBytes(io.BytesIO):
    """The content of a file, by whose name messages call it."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def fetched(url: str) -> NamedBytes:
    """The content of a URL. Raises OSError."""
    with open_file(url) as file:
        return NamedBytes(file.read(MAXIMUM_BYTES + 1), url)


def _system(url: str) -> Any:
    """The file system of a URL, and the name in it."""
    core = require("fsspec.core", "ray")
    try:
        return core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise DigitsError(f"{url} cannot be opened: {error}") from error
