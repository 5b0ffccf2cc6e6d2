"""MNIST from public mirrors: compressed files over HTTPS, resumed where the server can."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from digits.data.files import File, store
from digits.errors import DataError

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

ANSWER_SECONDS = 6.0  # for name lookup, connection and first answer together
SILENCE_SECONDS = 10.0  # between two pieces of a file
ATTEMPTS = 4  # each of which has to bring the file further
PIECE = 1 << 16  # bytes
GZIP_OVERHEAD = 1 << 10  # bytes by which a compressed file may exceed its contents


def fetch(mirror: str, missing: Iterable[File], directory: Path) -> None:
    """Put the missing files into the directory, from one mirror.

    mirror: address of the folder of .gz files, with its closing slash.
    Raises OSError or DataError at the first file that does not come; the part of it that did
    come stays, for the next attempt to go on from.
    """
    for file in missing:
        part = directory / f".{file.name}.gz.part"
        resumed = part.exists()
        try:
            _fetch(mirror, file, part)
        except DataError:
            if not resumed:
                raise
            # What was there before may have been the beginning of something else.
            _fetch(mirror, file, part)


def _fetch(mirror: str, file: File, part: Path) -> None:
    """Download to `part`, and from there to its name what is as it should be."""
    address = f"{mirror}{file.name}.gz"
    try:
        _download(address, file, part)
        store(part.read_bytes(), file, part.parent, address)
    except DataError:
        part.unlink(missing_ok=True)
        raise
    part.unlink()


def _download(address: str, file: File, part: Path) -> None:
    """Bring `part` to the full length of the address, in as many attempts as make headway."""
    for attempt in range(ATTEMPTS):
        before = _length(part)
        try:
            return _continue(address, file, part)
        except (OSError, HTTPException, ValueError) as error:
            if attempt == ATTEMPTS - 1 or _length(part) <= before:
                raise OSError(_reason(error)) from error


def _continue(address: str, file: File, part: Path) -> None:
    """Append to `part` what it lacks; begin again if the server cannot resume."""
    held = _length(part)
    with _open(address, held) as response:
        if response.status != 206:
            held = 0
        total = held + (response.length or 0)
        with part.open("ab" if held else "wb") as handle, _bar(file, total, held) as bar:
            while piece := response.read1(PIECE):
                handle.write(piece)
                bar.update(len(piece))
                held += len(piece)
                if held > file.size + GZIP_OVERHEAD:
                    raise DataError(f"{address} is longer than the file that it should hold")
    if held < total:
        raise ConnectionError(f"the connection broke after {held:,} of {total:,} bytes")


def _open(address: str, held: int) -> HTTPResponse:
    """The server's answer to a request for all bytes from `held` on."""
    headers = {"User-Agent": "digits", "Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
    try:
        return _within(ANSWER_SECONDS, Request(address, headers=headers))
    except HTTPError as error:
        if not (held and error.code == 416):
            raise
        # Nothing lies beyond what is held: it is complete, or another file's.
        return _open(address, 0)


def _within(seconds: float, request: Request) -> HTTPResponse:
    """urlopen under one deadline; its own would count anew for lookup and every address."""
    answers: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()

    def attempt() -> None:
        try:
            answers.put(urlopen(request, timeout=SILENCE_SECONDS))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=attempt, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _bar(file: File, total: int, held: int) -> Any:
    """A progress bar on standard error, drawn on a terminal only."""
    from tqdm import tqdm

    return tqdm(
        desc=file.name,
        total=total or None,
        initial=held,
        unit="B",
        unit_scale=True,
        disable=None,
        leave=False,
    )


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _reason(error: Exception) -> str:
    """Why a download failed, without urllib's wrapping."""
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__
