"""One picture to be read, and the object that answers it."""

from __future__ import annotations

import contextlib
import io
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from digits.errors import PictureError
from digits.io.headers import read_header
from digits.io.picture import Picture, open_picture
from digits.io.result import SCHEMA, Outcome
from digits.reading.reader import Reader

PAGES = "pages"  # the key of how many there are


@dataclass(frozen=True)
class Job:
    """A page of one picture, and how it is to be read, as `Reader.read_pages` takes it.

    content: of the file. name: that answers call it by; never a path. tiles: whether
    digits come with the tile that the network saw. pixels: of the largest picture to be decoded.
    orientation: by how many degrees the picture is turned; None if that is to be seen from it.
    box: x, y, width and height, in percent of the picture, of the part to be read; None for all.
    profile: a profile's folder, and its fingerprint. page: from 1 on.
    """

    content: bytes
    name: str
    pixels: int
    single: bool = False
    number: bool = False
    signs: bool = True
    tiles: bool = False
    box: tuple[float, float, float, float] | None = None
    orientation: int | None = None
    profile: tuple[Path, str] | None = None
    page: int = 1


class _Upload(io.BytesIO):
    """A picture's content under a name that error messages use."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.content)
        self.name = job.name


def answer(reader: Reader, job: Job) -> dict[str, Any]:
    """An object of `digits read --json` for one page, with the milliseconds it took; and how many
    pages there are where there are several."""
    begin = time.perf_counter()
    problem = _beyond(job)
    if problem:
        content = failed(job, problem)
    else:
        picture = _part(job) if job.box else _Upload(job)
        pages = reader.read_pages(
            picture, job.orientation, single=job.single, number=job.number, first=job.page
        )
        outcome = next(pages)
        content = _content(outcome, job) | ({PAGES: outcome.pages} if outcome.pages > 1 else {})
    return content | {"milliseconds": round(1000 * (time.perf_counter() - begin), 1)}


def failed(job: Job, problem: str) -> dict[str, Any]:
    """The object of a picture that could not be read."""
    return {"picture": job.name, "error": problem, "schema": SCHEMA}


def _content(outcome: Outcome, job: Job) -> dict[str, Any]:
    reading = outcome.reading
    if reading and not (job.signs or job.single or job.number):
        reading = reading.without_signs()
    content = replace(outcome, source=job.name, reading=reading).to_dict()
    if reading and job.tiles:
        for number, entry in zip(reading.numbers, content["numbers"], strict=True):
            for digit, place in zip(number.digits, entry["digits"], strict=True):
                place["tile"] = None if digit.tile is None else digit.tile.tolist()
    return content


def _part(job: Job) -> Picture:
    """The pixels of the job's box; the whole picture where it cannot be opened."""
    try:
        pixels = open_picture(job.content)
    except PictureError:
        return _Upload(job)  # reading it says why
    height, width = pixels.shape[:2]
    x, y, across, down = job.box or (0, 0, 100, 100)
    left, top = int(x * width / 100), int(y * height / 100)
    right, bottom = math.ceil((x + across) * width / 100), math.ceil((y + down) * height / 100)
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


def _beyond(job: Job) -> str | None:
    """Why a picture is too large for the service; known before it is decoded."""
    with contextlib.suppress(PictureError):  # reading it says what is wrong
        header = read_header(job.content)
        if header.width * header.height > job.pixels:
            return (
                f'"{job.name}" is too large: {header.width:,} x {header.height:,} pixels; this '
                f"service takes {job.pixels // 1_000_000} megapixels; scale it down"
            )
    return None
