from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from pictures import overlap

from digits.model.bundle import open_bundle
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.inputs import normalise_tile
from digits.reading.single import route
from digits.reading.single.clear import find_clear
from digits.reading.single.route import View, look_closer, read_digits

CLASSIFIER, DETECTOR = Classifier(), Detector()
SINGLE = open_bundle().parameters.single
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def enlarged(pixels: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = round(height * pixels.shape[1] / pixels.shape[0])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("height", [12, 40, 120, 500])
@pytest.mark.parametrize(("ink", "paper"), [(BLACK, WHITE), (WHITE, BLACK)])
@pytest.mark.parametrize("text", "0369")
def test_clean_ink_makes_the_tile_of_its_ink(
    text: str, ink: tuple[int, int, int], paper: tuple[int, int, int], height: int
) -> None:
    page = pictures.page(text, height=height, ink=ink, paper=paper)
    found = find_clear(page.pixels)
    assert found is not None
    assert overlap(found.box, page.boxes[0]) > 0.8
    expected = normalise_tile(pictures.page_ink(text, height=height))
    assert np.abs(found.tile.astype(int) - expected).mean() < 8


@pytest.mark.parametrize("shadow", [0.9, 0.6])
def test_soft_shadow_is_no_ink(shadow: float) -> None:
    page = pictures.page("3", height=120)
    found = find_clear(pictures.photographed(page.pixels, shadow=shadow))
    assert found is not None
    assert overlap(found.box, page.boxes[0]) > 0.8


def test_a_frame_apart_from_the_digit_does_not_count() -> None:
    cell = pictures.digit_page("4", height=90, width=90)
    cell[[0, -1]] = cell[:, [0, -1]] = 0
    found = find_clear(cell)
    assert found is not None
    assert max(found.box[2:]) < 80


def broken() -> NDArray[np.uint8]:
    pixels = pictures.page("8").pixels.copy()
    middle = len(pixels) // 2
    pixels[middle : middle + 4] = pixels[0, 0]
    return pixels


def with_line_near() -> NDArray[np.uint8]:
    page = pictures.page("1")
    pixels, (x, *_) = page.pixels.copy(), page.boxes[0]
    pixels[:, x - 5 : x - 3] = 0
    return pixels


DOUBTFUL = {
    "blank": np.full((60, 60, 3), 255, np.uint8),
    "a pixel": np.zeros((1, 1, 3), np.uint8),
    "a row": np.arange(300, dtype=np.uint8)[None, :, None].repeat(3, axis=2),
    "noise": np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8),
    "faint": pictures.page("5", ink=(225, 225, 225), paper=WHITE).pixels,
    "grainy": pictures.photographed(pictures.page("5").pixels, shadow=1, noise=60),
    "two digits": pictures.page("17").pixels,
    "broken": broken(),
    "a line near": with_line_near(),
    "cut off": pictures.page("9", height=100).pixels[:160],
    "far away": np.pad(
        pictures.page("9", height=60).pixels, ((400, 0), (400, 0), (0, 0)), mode="edge"
    ),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_in_doubt_is_left_to_candidates(name: str) -> None:
    assert find_clear(DOUBTFUL[name]) is None


@pytest.mark.parametrize(("height", "is_clear"), [(30, True), (300, False)])
def test_only_a_small_picture_may_be_filled(height: int, is_clear: bool) -> None:
    ink = pictures.page_ink("7")
    left, top, width, high = cv2.boundingRect(ink)
    filled = enlarged(255 - ink[top : top + high, left : left + width], height)
    assert (find_clear(np.dstack([filled] * 3)) is not None) == is_clear


def refuse(*_: object) -> View:
    raise AssertionError("looked for candidates")


def test_sure_of_clean_ink_no_candidates_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "look_closer", refuse)
    many = [pictures.page(text).pixels for text in "2345"]
    assert [d.digit for d in read_digits(many, DETECTOR, CLASSIFIER, SINGLE)] == [2, 3, 4, 5]


def test_unsure_of_clean_ink_candidates_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cross = np.full((100, 100, 3), 255, np.uint8)
    cv2.line(cross, (25, 25), (75, 75), BLACK, 5)
    cv2.line(cross, (25, 75), (75, 25), BLACK, 5)
    assert find_clear(cross) is not None
    looked = []

    def look(*given: object) -> View:
        looked.append(given)
        return look_closer(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(route, "look_closer", look)
    [found] = read_digits([cross], DETECTOR, CLASSIFIER, SINGLE)
    assert len(looked) == 1
    assert found.confidence < 0.5


def test_both_ways_answer_alike_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [pictures.page("3").pixels, broken(), pictures.page("6").pixels]
    first = read_digits(many, DETECTOR, CLASSIFIER, SINGLE)
    monkeypatch.setattr(route, "SURE", 2.0)
    by_candidates = read_digits(many, DETECTOR, CLASSIFIER, SINGLE)
    assert [d.digit for d in first] == [d.digit for d in by_candidates] == [3, 8, 6]
    for one, other in zip(first, by_candidates, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=0.03)
        assert overlap(one.box, other.box) > 0.9
