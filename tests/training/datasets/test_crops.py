"""Crops of pages and their targets: what is asked of a detector is what stands there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.detector import Detections, decode, suppress
from digits.model.spec import MAX_DIGIT, MIN_DIGIT
from digits.synth.page import make_pages
from digits.synth.sources import Sources
from digits.training.datasets.crops import (
    COUNTS,
    HEAT,
    SIDES,
    Crops,
    GreyPage,
    crop,
    sha256,
    target,
)

SIDE = 128


@pytest.fixture(scope="module")
def pages() -> list[GreyPage]:
    made = make_pages(8, seed=3, sources=Sources.open("validation"), size=(256, 256))
    return [GreyPage.of(page) for page in made]


def told(wanted: NDArray[np.float32]) -> Detections:
    """What a network that says just what is wanted finds."""
    chance = np.clip(wanted[..., HEAT], 1e-4, 1 - 1e-4)
    said = np.concatenate([np.log(chance / (1 - chance)), wanted[..., SIDES]], axis=-1)
    return suppress(decode(said.astype(np.float32), score_threshold=4.0))


def boxes(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(len(rows), -1)


NONE = np.zeros((0, 4), np.float32)


def test_light_writing_is_learned_from_as_dark_writing() -> None:
    [page] = make_pages(1, seed=5, sources=Sources.open("validation"), size=(256, 256))
    pixels = np.zeros_like(page.pixels)
    pixels[100:130, 100:104] = 255
    grey = GreyPage.of(replace(page, pixels=pixels)).grey
    assert grey[110, 102] == 0
    assert grey[50, 50] == 255


def test_what_is_wanted_tells_every_digit_and_its_box() -> None:
    digits = boxes((3, 20, 30, 15, 24), (1, 60, 28, 5, 26), (1, 67, 28, 5, 26), (0, 90, 90, 20, 28))
    found = told(target(digits, NONE, SIDE))
    assert len(found) == 4
    for digit, *box in digits.tolist():
        nearest = np.abs(found.boxes - box).sum(axis=1).argmin()
        assert found.logits[nearest].argmax() == digit
        assert found.boxes[nearest] == pytest.approx(box, abs=0.01)


def test_digits_that_touch_are_told_apart() -> None:
    digits = boxes((8, 20, 30, 15, 24), (8, 34, 30, 15, 24), (8, 48, 30, 15, 24))
    assert len(told(target(digits, NONE, SIDE))) == 3


@pytest.mark.parametrize(
    "box",
    [
        (-9, 30, 15, 24),  # most of it lies outside
        (20, 30, 3, MIN_DIGIT / 2),
        (20, 30, 40, MAX_DIGIT * 1.3),
    ],
)
def test_of_digits_that_cannot_be_found_nothing_is_asked(box: tuple[float, ...]) -> None:
    wanted = target(boxes((5, *box)), NONE, SIDE)
    assert len(told(wanted)) == 0
    row, column = int((box[1] + box[3] / 2) // 4), int(max(box[0] + box[2] / 2, 0) // 4)
    assert wanted[row, column, COUNTS] == 0
    assert wanted[-1, -1, COUNTS] == 1


def test_a_huge_digit_is_none_to_be_found() -> None:
    wanted = target(boxes((8, 10, 10, 60, MAX_DIGIT * 2)), NONE, SIDE)
    assert len(told(wanted)) == 0
    assert (wanted[..., COUNTS] == 1).all()


def test_where_a_page_is_unclear_nothing_is_asked() -> None:
    wanted = target(boxes((5, 100, 100, 12, 20)), boxes((10, 10, 30, 30)), SIDE)
    assert (wanted[4:9, 4:9, COUNTS] == 0).all()
    assert wanted[27, 26, COUNTS] == 1


def test_crops_show_the_digits_that_are_asked_for(pages: list[GreyPage]) -> None:
    rng = np.random.default_rng(1)
    asked = 0
    for _ in range(40):
        grey, wanted = crop(pages[rng.integers(len(pages))], SIDE, rng)
        assert grey.shape == (SIDE, SIDE, 3)
        assert wanted.shape == (SIDE // 4, SIDE // 4, 16)
        found = told(wanted)
        asked += len(found)
        for x, y, width, height in found.boxes.round().astype(int):
            assert 0.7 * MIN_DIGIT <= max(height, 0.6 * width) <= 1.3 * MAX_DIGIT
            ink = grey[max(y, 0) : y + height, max(x, 0) : x + width, 0]
            assert np.ptp(ink) > 0.3  # something stands in the box
    assert asked > 60


def test_crops_are_decided_by_seed_and_epoch(pages: list[GreyPage]) -> None:
    first, again = (Crops(pages, SIDE, 20, 8, seed=5) for _ in range(2))
    later = Crops(pages, SIDE, 20, 8, seed=5, epoch=1)
    assert len(first) == 3
    assert [len(first[i][0]) for i in range(3)] == [8, 8, 4]
    assert np.array_equal(first[1][0], again[1][0])
    assert not np.array_equal(first[1][0], later[1][0])
    first.on_epoch_end()
    assert np.array_equal(first[1][1], later[1][1])


def test_a_sum_tells_pages_apart(pages: list[GreyPage]) -> None:
    assert sha256(pages[:2]) == sha256(pages[:2])
    assert sha256(pages[:2]) != sha256(pages[1:3])
