"""What may change of a page without changing what is read on it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

import digits
from digits.io.number import Number
from digits.io.picture import open_picture
from digits.io.result import Reading

SAMPLES = Path(__file__).parent.parent.parent / "samples"
READER = digits.Reader()
SAME = 0.7  # iou of boxes around the same ink
TABLE = "2024 175 60\n3059 641 8\n7083 952 13"


def squared(page: pictures.Page) -> pictures.Pixels:
    """The same on squared paper."""
    paper = np.full_like(page.pixels, 255)
    for at in range(7, max(paper.shape[:2]), 26):
        paper[at : at + 1] = paper[:, at : at + 1] = (190, 205, 230)
    return np.minimum(page.pixels, paper)


PAGES = {
    "pen": pictures.page(TABLE, height=44).pixels,
    "pencil": pictures.page(TABLE, height=30, ink=(120, 120, 120), seed=1).pixels,
    "squared": squared(pictures.page(TABLE, height=40, seed=2)),
    "photo": pictures.photographed(pictures.page(TABLE, height=50, seed=3).pixels, shadow=0.5),
}
PICTURES = PAGES | {path.name: open_picture(path) for path in sorted(SAMPLES.glob("*.jpg"))}
each_picture = pytest.mark.parametrize("name", PICTURES)


@cache
def reading_of(name: str) -> Reading:
    """As it is."""
    return READER.read(PICTURES[name], orientation=0)


def read(pixels: pictures.Pixels) -> Reading:
    return READER.read(np.ascontiguousarray(pixels), orientation=0)


def texts(*readings: Reading) -> Counter[str]:
    return Counter(number.text for reading in readings for number in reading.numbers)


def mapped(number: Number, scale: float, right: float, down: float) -> pictures.Box:
    x, y, width, height = (round(side * scale) for side in number.box)
    return (round(x + right), round(y + down), width, height)


def assert_same(
    found: Reading, before: Reading, scale: float = 1, right: float = 0, down: float = 0
) -> None:
    """The same numbers in the same places."""
    assert found.text == before.text
    for number, old in zip(found.numbers, before.numbers, strict=True):
        assert pictures.overlap(number.box, mapped(old, scale, right, down)) > SAME


def test_what_is_changed_below_is_read_right_as_it_is() -> None:
    assert all(reading_of(name).text == TABLE for name in PAGES)
    assert all(reading_of(name).text for name in PICTURES)


@each_picture
@pytest.mark.parametrize(("right", "down"), [(1, 2), (7, 0), (13, 37)])
def test_more_paper_at_the_edge_moves_numbers_and_changes_none(
    name: str, right: int, down: int
) -> None:
    wider = cv2.copyMakeBorder(PICTURES[name], down, 3, right, 5, cv2.BORDER_REPLICATE)
    assert_same(read(wider), reading_of(name), right=right, down=down)


@each_picture
@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_a_picture_of_another_size_has_the_same_numbers(name: str, scale: float) -> None:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    other = cv2.resize(PICTURES[name], None, fx=scale, fy=scale, interpolation=method)
    assert_same(read(other), reading_of(name), scale=scale)


@each_picture
def test_a_negative_has_the_same_numbers(name: str) -> None:
    assert_same(read(255 - PICTURES[name]), reading_of(name))


@each_picture
def test_a_jpeg_file_has_the_same_numbers(name: str) -> None:
    jpeg = pictures.encode(".jpg", PICTURES[name], cv2.IMWRITE_JPEG_QUALITY, 90)
    assert_same(READER.read(jpeg, orientation=0), reading_of(name))


def beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two pages in one picture; the paper of the shorter goes on below."""
    high = max(len(left), len(right))
    return np.concatenate(
        [
            cv2.copyMakeBorder(page, 0, high - len(page), 0, 0, cv2.BORDER_REPLICATE)
            for page in (left, right)
        ],
        axis=1,
    )


@pytest.mark.parametrize(
    ("one", "other"), [("pen", "pencil"), ("pencil", "squared"), ("photo", "pen")]
)
def test_two_pages_side_by_side_hold_the_numbers_of_both(one: str, other: str) -> None:
    for left, right in ((one, other), (other, one)):
        both = read(beside(PICTURES[left], PICTURES[right]))
        middle = PICTURES[left].shape[1]
        assert texts(both) == texts(reading_of(left), reading_of(right))
        expected = [(old.text, mapped(old, 1, 0, 0)) for old in reading_of(left).numbers]
        expected += [(old.text, mapped(old, 1, middle, 0)) for old in reading_of(right).numbers]
        for text, box in expected:
            shared = [pictures.overlap(number.box, box) for number in both.numbers]
            assert max(shared) > SAME
            assert both.numbers[int(np.argmax(shared))].text == text


def test_a_page_below_another_comes_after_it() -> None:
    above, below = PICTURES["pen"], PICTURES["pen"]
    both = read(np.concatenate([above, below]))
    assert both.text == f"{TABLE}\n{TABLE}"


def test_the_order_of_pictures_changes_no_reading() -> None:
    names = ["pencil", "58-17+23_squared.jpg", "pen"]
    for order in (names, names[::-1]):
        outcomes = READER.read_many([PICTURES[name] for name in order], orientation=0)
        for name, outcome in zip(order, outcomes, strict=True):
            assert outcome.reading
            assert outcome.reading.to_dict() == reading_of(name).to_dict()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_reading(threads: int) -> None:
    reader = digits.Reader(threads=threads)
    for name in ("photo", "58-17+23_squared.jpg"):
        first, again = (reader.read(PICTURES[name], orientation=0) for _ in range(2))
        assert first.to_dict() == again.to_dict()
        assert_same(first, reading_of(name))
        for number, old in zip(first.numbers, reading_of(name).numbers, strict=True):
            assert number.confidence == pytest.approx(old.confidence, abs=1e-3)
