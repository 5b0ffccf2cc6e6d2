"""Crops of labelled pages and their targets: the targets are the labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from stroke_people import open_sources

from digits.model.detector import Detections, decode, suppress
from digits.model.spec import MAX_DIGIT, MIN_DIGIT
from digits.synth.page import make_pages
from digits.training.datasets.crops import (
    HEATMAPS,
    LOSS_MASK,
    SIDES,
    DetectorCrops,
    LabelledPage,
    detector_target,
    random_crop,
    sha256,
)

SIDE = 128


@pytest.fixture(scope="module")
def pages() -> list[LabelledPage]:
    made = make_pages(8, seed=3, sources=open_sources("validation"), size=(256, 256))
    return [LabelledPage.from_page(page) for page in made]


def decoded(target: NDArray[np.float32]) -> Detections:
    """The detections of a network that gives exactly the target."""
    probability = np.clip(target[..., HEATMAPS], 1e-4, 1 - 1e-4)
    maps = np.concatenate([np.log(probability / (1 - probability)), target[..., SIDES]], axis=-1)
    return suppress(decode(maps.astype(np.float32), score_threshold=4.0))


def boxes(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(len(rows), -1)


NONE = np.zeros((0, 4), np.float32)


def test_light_ink_becomes_dark() -> None:
    [page] = make_pages(1, seed=5, sources=open_sources("validation"), size=(256, 256))
    pixels = np.zeros_like(page.pixels)
    pixels[100:130, 100:104] = 255
    grey = LabelledPage.from_page(replace(page, pixels=pixels)).grey
    assert grey[110, 102] == 0
    assert grey[50, 50] == 255


def test_a_target_holds_every_digit_and_its_box() -> None:
    digits = boxes((3, 20, 30, 15, 24), (1, 60, 28, 5, 26), (1, 67, 28, 5, 26), (0, 90, 90, 20, 28))
    found = decoded(detector_target(digits, NONE, SIDE))
    assert len(found) == 4
    for digit, *box in digits.tolist():
        nearest = np.abs(found.boxes - box).sum(axis=1).argmin()
        assert found.logits[nearest].argmax() == digit
        assert found.boxes[nearest] == pytest.approx(box, abs=0.01)


def test_touching_digits_stay_separate() -> None:
    digits = boxes((8, 20, 30, 15, 24), (8, 34, 30, 15, 24), (8, 48, 30, 15, 24))
    assert len(decoded(detector_target(digits, NONE, SIDE))) == 3


@pytest.mark.parametrize(
    "box",
    [
        (-9, 30, 15, 24),  # most of it lies outside
        (20, 30, 3, MIN_DIGIT / 2),
        (20, 30, 40, MAX_DIGIT * 1.3),
    ],
)
def test_digits_that_cannot_be_detected_are_masked(box: tuple[float, ...]) -> None:
    target = detector_target(boxes((5, *box)), NONE, SIDE)
    assert len(decoded(target)) == 0
    row, column = int((box[1] + box[3] / 2) // 4), int(max(box[0] + box[2] / 2, 0) // 4)
    assert target[row, column, LOSS_MASK] == 0
    assert target[-1, -1, LOSS_MASK] == 1


def test_a_huge_digit_is_background() -> None:
    target = detector_target(boxes((8, 10, 10, 60, MAX_DIGIT * 2)), NONE, SIDE)
    assert len(decoded(target)) == 0
    assert (target[..., LOSS_MASK] == 1).all()


def test_ignore_boxes_are_masked() -> None:
    target = detector_target(boxes((5, 100, 100, 12, 20)), boxes((10, 10, 30, 30)), SIDE)
    assert (target[4:9, 4:9, LOSS_MASK] == 0).all()
    assert target[27, 26, LOSS_MASK] == 1


def test_crops_show_the_digits_of_their_target(pages: list[LabelledPage]) -> None:
    rng = np.random.default_rng(1)
    count = 0
    for _ in range(40):
        grey, target = random_crop(pages[rng.integers(len(pages))], SIDE, rng)
        assert grey.shape == (SIDE, SIDE, 3)
        assert target.shape == (SIDE // 4, SIDE // 4, 16)
        found = decoded(target)
        count += len(found)
        for x, y, width, height in found.boxes.round().astype(int):
            assert 0.7 * MIN_DIGIT <= max(height, 0.6 * width) <= 1.3 * MAX_DIGIT
            ink = grey[max(y, 0) : y + height, max(x, 0) : x + width, 0]
            assert np.ptp(ink) > 0.3  # something stands in the box
    assert count > 60


def test_crops_are_decided_by_seed_and_epoch(pages: list[LabelledPage]) -> None:
    first, again = (DetectorCrops(pages, [], SIDE, 20, 8, seed=5) for _ in range(2))
    later = DetectorCrops(pages, [], SIDE, 20, 8, seed=5, epoch=1)
    assert len(first) == 3
    assert [len(first[i][0]) for i in range(3)] == [8, 8, 4]
    assert np.array_equal(first[1][0], again[1][0])
    assert not np.array_equal(first[1][0], later[1][0])
    first.on_epoch_end()
    assert np.array_equal(first[1][1], later[1][1])


def test_crops_are_of_pages_and_of_lines(pages: list[LabelledPage]) -> None:
    page = replace(pages[0], digits=boxes((3, 90, 90, 12, 20)), ignore_boxes=NONE)
    line = replace(page, digits=boxes((8, 90, 90, 12, 20)))
    _, targets = DetectorCrops([page], [line], SIDE, 60, 60, seed=2)[0]
    seen = targets[..., HEATMAPS].max(axis=(1, 2)).round(2)
    of_pages, of_lines = (int((seen[:, digit] == 1).sum()) for digit in (3, 8))
    assert of_pages + of_lines > 50
    assert min(of_pages, of_lines) > 10
    alone = DetectorCrops([page], [], SIDE, 20, 20, seed=2)[0][1]
    assert alone[..., HEATMAPS].max(axis=(0, 1, 2))[8] == 0


def test_the_sum_depends_on_the_pages(pages: list[LabelledPage]) -> None:
    assert sha256(pages[:2]) == sha256(pages[:2])
    assert sha256(pages[:2]) != sha256(pages[1:3])
