"""The README's table of formats, row by row: a small file of each is told, opened and read."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import heic_files
import numpy as np
import pdf_files
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.errors import PictureError
from digits.io.picture import open_document, open_picture
from digits.io.sources import expand

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
READER = digits.Reader(threads=1)
PAGE = pictures.page("7").pixels
SECOND = cv2.resize(pictures.page("5").pixels, PAGE.shape[1::-1])
QUALITY = (cv2.IMWRITE_AVIF_QUALITY, 100)

# How a file of one or more pictures is made, by the name that the table gives its format.
SAMPLES: dict[str, Callable[[list[NDArray[np.uint8]]], bytes]] = {
    "PNG": lambda pages: many(".png", pages),
    "JPEG": lambda pages: pictures.encode(".jpg", pages[0]),
    "GIF": lambda pages: many(".gif", pages),
    "BMP": lambda pages: pictures.encode(".bmp", pages[0]),
    "WebP": lambda pages: many(".webp", pages),
    "TIFF": lambda pages: pictures.tiff_of_pages(pages),
    "PNM": lambda pages: pictures.encode(".ppm", pages[0]),
    "JPEG 2000": lambda pages: pictures.encode(".jp2", pages[0]),
    "AVIF": lambda pages: many(".avif", pages),
    "HEIC": lambda pages: heic_files.heic(*(page[..., 1] for page in reversed(pages))),
    "PDF": lambda pages: pdf_files.pdf([pdf_files.scan(page, 100) for page in pages]),
}
NEEDS = {"HEIC": "pi_heif", "PDF": "pypdfium2"}


def many(suffix: str, pages: list[NDArray[np.uint8]]) -> bytes:
    if len(pages) > 1:
        return pictures.animation(suffix, pages)
    return pictures.encode(suffix, pages[0], *(QUALITY if suffix == ".avif" else ()))


def rows() -> list[tuple[str, str, str]]:
    """(format, pages, extra) of each row of the table."""
    section = README.partition("\n## Your pictures\n")[2].partition("\n## ")[0]
    table = section.partition("| format |")[2].partition("\n\n")[0]
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return [(name, pages, extra) for name, pages, _, extra in cells]


def needed(kind: str) -> None:
    if kind in NEEDS:
        pytest.importorskip(NEEDS[kind])


def test_the_table_has_every_format() -> None:
    assert [name for name, *_ in rows()] == list(SAMPLES)


@pytest.mark.parametrize(("kind", "pages", "extra"), rows())
def test_a_file_of_the_format(kind: str, pages: str, extra: str, tmp_path: Path) -> None:
    needed(kind)
    path = tmp_path / "without ending"
    path.write_bytes(SAMPLES[kind]([PAGE, SECOND]))
    assert list(expand(tmp_path)) == [str(path)]
    with closing(open_document(path)) as document:
        assert document.count == (1 if pages == "one" else 2)
        assert document.are_frames == (pages == "first frame")
        if kind in NEEDS:
            assert NEEDS[kind].replace("_", "-") in extra
    outcomes = list(READER.read_pages(path, frames=True))
    assert [each.reading and each.reading.text for each in outcomes] == ["7", "5"][: len(outcomes)]
    assert [(each.page, each.pages) for each in outcomes] == [
        (page + 1, len(outcomes)) for page in range(len(outcomes))
    ]


@pytest.mark.parametrize("kind", SAMPLES)
def test_its_pixels_are_those_put_in(kind: str) -> None:
    needed(kind)
    pixels = open_picture(SAMPLES[kind]([PAGE]))[: PAGE.shape[0], : PAGE.shape[1]]
    assert np.abs(pixels.astype(int) - PAGE).mean() < 10  # GIF has few colours


@pytest.mark.parametrize("part", [8, 2])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP", "JPEG 2000", "AVIF", "HEIC"])
def test_a_file_that_is_cut_off_is_one_line(kind: str, part: int) -> None:
    needed(kind)
    whole = SAMPLES[kind]([PAGE])
    with pytest.raises(PictureError) as error:
        open_picture(whole[: len(whole) // part])
    assert str(error.value).isprintable()


@pytest.mark.parametrize("kind", NEEDS)
def test_without_its_extra_one_line_says_what_to_install(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, NEEDS[kind], None)
    [outcome] = READER.read_pages(SAMPLES[kind]([PAGE]))
    extra = re.search(r"`\[(\w+)\]`", {name: more for name, _, more in rows()}[kind])
    assert extra
    assert f'pip install "handwritten-digit-recognition[{extra[1]}]"' in str(outcome.error)
    assert str(outcome.error).isprintable()


# HEIC


@pytest.mark.parametrize("turns", range(4))
def test_a_heic_photo_is_turned_as_it_says(turns: int) -> None:
    pytest.importorskip("pi_heif")
    grey = np.ascontiguousarray(pictures.page("2024").pixels[:160, :320, 1])
    pixels = open_picture(heic_files.heic(grey, quarter_turns=turns))
    np.testing.assert_array_equal(pixels, np.dstack([np.rot90(grey, turns)] * 3))


def test_a_heic_photo_whose_coded_picture_is_larger_than_it_says_is_refused() -> None:
    pytest.importorskip("pi_heif")
    content = heic_files.heic(np.zeros((16, 16), np.uint8), coded=(8_192, 8_192))
    with pytest.raises(PictureError, match="its HEIC data cannot be decoded"):
        open_picture(content)


# Sizes


def boxed(size: tuple[int, int], kind: bytes) -> bytes:
    """An AVIF or HEIC file that claims a size, and has nothing else."""
    sides = b"".join(side.to_bytes(4, "big") for side in size)
    box = heic_files.box
    properties = box(b"iprp", box(b"ipco", box(b"ispe", bytes(4), sides)))
    return box(b"ftyp", kind, bytes(4)) + box(b"meta", bytes(4), properties)


def jpeg2000(size: tuple[int, int], components: int = 3) -> bytes:
    sides = b"".join(side.to_bytes(4, "big") for side in (*size, 0, 0, *size, 0, 0))
    head = b"\xff\x4f\xff\x51\0\x2f\0\0" + sides + components.to_bytes(2, "big")
    return head + b"\7\1\1" * components + b"\xff\xd9"


@pytest.mark.parametrize(
    "content",
    [
        boxed((30_000, 30_000), b"avif"),
        boxed((30_000, 30_000), b"heic"),
        jpeg2000((30_000, 30_000)),
    ],
)
def test_a_huge_claim_is_refused_before_decoding(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PictureError, match="is too large: 30,000 x 30,000 pixels"):
        open_picture(content)


def test_jpeg2000_counts_the_samples_of_its_decoder() -> None:
    with pytest.raises(PictureError, match="is too large: 8,000 x 8,000 pixels of 6 bytes"):
        open_picture(jpeg2000((8_000, 8_000)))


@pytest.mark.parametrize("kind", [b"avif", b"heic"])
def test_boxes_that_hold_themselves_end(kind: bytes) -> None:
    deep = heic_files.box(b"ftyp", kind, bytes(4))
    nested = b"".join((8 * (50_000 - k)).to_bytes(4, "big") + b"moov" for k in range(50_000))
    with pytest.raises(PictureError, match="has no pixels"):
        open_picture(deep + nested)
