"""Places at all scales, each once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.geometry import MAX_IOU, MAX_PART, intersection, iou
from digits.model.bundle import open_bundle
from digits.model.detector import Detections, suppress
from digits.model.spec import BOX_UNIT, DETECTOR_STRIDE, MAX_DIGIT, MIN_DIGIT
from digits.reading.page.detect import (
    BEST_SIZE,
    COARSEST,
    STEP,
    Level,
    _has_small_digits,
    _scales,
    detect,
    detection_near,
    merge_levels,
)

PARAMETERS = open_bundle().parameters.detect
LONGEST_SIDE = PARAMETERS.longest_side


def detections(*boxes: tuple[float, float, float, float]) -> Detections:
    """Places, each less sure than the one before, each of another digit."""
    scores = np.eye(10, dtype=np.float32)[: len(boxes)] * (10 - np.arange(len(boxes)))[:, None]
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores.astype(np.float32))


def test_the_ring_of_a_nine_is_no_digit() -> None:
    kept = suppress(detections((10, 10, 30, 50), (12, 12, 26, 24)))
    assert kept.logits.argmax(axis=1).tolist() == [0]


def test_a_surer_small_digit_in_a_large_one_stays() -> None:
    kept = suppress(detections((12, 12, 26, 24), (10, 10, 60, 90)))
    assert len(kept) == 2


def test_an_unlikely_large_digit_around_a_surer_one_goes() -> None:
    found = detections((12, 12, 26, 24), (10, 10, 60, 90))
    scores = found.logits - np.float32(10) + np.array([[1], [1.5]], np.float32)
    assert len(suppress(Detections(found.boxes, scores))) == 2
    scores[1] -= 1
    assert len(suppress(Detections(found.boxes, scores))) == 1


def test_neighbours_stay() -> None:
    assert len(suppress(detections((0, 0, 20, 30), (18, 2, 20, 30), (38, 0, 8, 30)))) == 3


def test_of_one_digit_seen_at_two_scales_the_surer_stays() -> None:
    kept = suppress(detections((0, 0, 20, 30), (1, 1, 21, 28)))
    assert kept.logits.argmax(axis=1).tolist() == [0]


def test_nothing_stays_nothing() -> None:
    assert len(suppress(detections())) == 0


def level(scale: float, *at: tuple[int, int, int]) -> Level:
    """At a picture of 400×400 pixels: nothing but digits in cells of these rows and columns."""
    side = round(400 * scale) // DETECTOR_STRIDE
    said = np.full((side, side, 14), -5, np.float32)
    for row, column, digit in at:
        said[row, column, digit] = 2
        said[row, column, 10:] = np.log(np.array([3, 10, 5, 12]) / BOX_UNIT)
    return Level(scale, said, detections())


def test_what_was_said_of_a_place_is_said_at_the_scale_of_its_size() -> None:
    levels = [level(1.0, (25, 50, 3)), level(0.25, (6, 12, 8))]
    small, large = (
        np.array([202 - size / 2, 102 - size / 2, size, size], np.float32)
        for size in (BEST_SIZE, 4 * BEST_SIZE)
    )
    scores, box = detection_near(levels, small, 3)
    assert scores.tolist() == [-5, -5, -5, 2, -5, -5, -5, -5, -5, -5]
    assert box == pytest.approx([202 - 3, 102 - 10, 8, 22])
    scores, box = detection_near(levels, large, 8)
    assert scores.argmax() == 8
    assert box == pytest.approx([200 - 12, 104 - 40, 32, 88])
    small[0] += 40
    assert (detection_near(levels, small, 3)[0] == -5).all()


@given(*[st.integers(-60, 460)] * 2, *[st.integers(1, 300)] * 2)
def test_something_was_said_of_every_place(x: int, y: int, wide: int, high: int) -> None:
    scores, box = detection_near(
        [level(1.0), level(0.4)], np.array([x, y, wide, high], np.float32), 7
    )
    assert scores.shape == (10,)
    assert (scores == -5).all()
    assert box.shape == (4,)


def test_spots_of_all_levels_are_told_once_the_surest_first() -> None:
    near, far = detections((0, 0, 20, 30)), detections((1, 1, 21, 28), (100, 0, 40, 60))
    levels = [
        Level(1.0, np.zeros((9, 9, 14), np.float32), near),
        Level(0.4, np.zeros((4, 4, 14), np.float32), Detections(far.boxes, far.logits + 5)),
    ]
    assert merge_levels(levels).boxes[:, 0].tolist() == [1, 100]


@given(st.integers(COARSEST, 20_000))
def test_digits_of_all_sizes_are_found_at_some_scale(longest: int) -> None:
    scales = _scales((longest * 3 // 4, longest), LONGEST_SIDE)
    assert scales == sorted(scales, reverse=True)
    assert longest * scales[0] <= LONGEST_SIDE + 1e-6
    assert MAX_DIGIT / MIN_DIGIT > STEP  # no size falls between two scales
    assert MIN_DIGIT / scales[0] <= max(0.01 * longest, MIN_DIGIT)
    assert MAX_DIGIT / scales[-1] >= 0.8 * longest  # a digit that fills the picture


@pytest.mark.parametrize(("longest", "finest"), [(300, 1.0), (1500, 1.0), (4000, 0.4)])
def test_large_pictures_are_shrunk(longest: int, finest: float) -> None:
    assert _scales((longest * 3 // 4, longest), LONGEST_SIDE)[0] == pytest.approx(finest)


def test_small_pictures_and_small_digits_are_looked_at_closer() -> None:
    small, large = detections((10, 10, 8, 12), (30, 10, 8, 12)), detections((10, 10, 20, 40))
    assert _has_small_digits(small, (600, 800), PARAMETERS)
    assert _has_small_digits(
        Detections(small.boxes, small.logits - 9), (600, 800), PARAMETERS
    )  # faint: none is sure
    assert not _has_small_digits(large, (600, 800), PARAMETERS)
    assert _has_small_digits(large, (200, 300), PARAMETERS)
    assert not _has_small_digits(detections(), (600, 800), PARAMETERS)


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 40)] * 2), max_size=20))
def test_of_places_that_stay_none_is_a_part_of_a_surer_one(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    scores = np.linspace(3, 1, len(boxes), dtype=np.float32)[:, None] * np.ones(10, np.float32)
    found = Detections(np.array(boxes, np.float32).reshape(-1, 4), scores)
    kept = suppress(found)
    area = kept.boxes[:, 2:].prod(axis=1)[:, None]
    is_part = iou(kept.boxes[:, None], kept.boxes) >= MAX_IOU
    is_part |= intersection(kept.boxes[:, None], kept.boxes) >= MAX_PART * area
    assert not np.tril(is_part, -1).any()
    assert len(kept) or not boxes
    left = [box for box in found.boxes.tolist() if box not in kept.boxes.tolist()]
    for box in np.array(left, np.float32).reshape(-1, 4):
        common = intersection(box, kept.boxes) >= MAX_PART * box[2:].prod()
        assert (common | (iou(box, kept.boxes) >= MAX_IOU)).any()


class Drawn:
    """A detector that sees one digit, of so many pixels, in the middle of all that it is shown."""

    score_threshold = 0.0

    def __init__(self, size: float) -> None:
        self.size = size
        self.seen: list[tuple[int, ...]] = []

    def maps(self, page: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(page.shape[:2])
        maps = np.full((page.shape[0] // 4, page.shape[1] // 4, 14), -5, np.float32)
        middle = maps[maps.shape[0] // 2, maps.shape[1] // 2]
        middle[3], middle[10:] = 2, np.log(self.size / 2 / BOX_UNIT)
        return maps


@pytest.mark.parametrize(
    ("shape", "size", "is_enlarged"),
    [
        pytest.param((600, 800), 10, True, id="small digits"),
        pytest.param((600, 800), 40, False, id="large digits"),
        pytest.param((200, 300), 40, True, id="a small picture"),
        pytest.param((1200, 1600), 10, False, id="a picture as large as may be"),
        pytest.param((3000, 4000), 10, False, id="a larger one"),
    ],
)
def test_small_digits_are_seen_enlarged_unless_that_takes_too_many_pixels(
    shape: tuple[int, int], size: float, is_enlarged: bool
) -> None:
    detector: Any = Drawn(size)
    levels, _ = detect(np.full(shape, 255, np.uint8), detector, PARAMETERS)
    scales = [level.scale for level in levels]
    assert scales[: len(_scales(shape, LONGEST_SIDE))] == _scales(shape, LONGEST_SIDE)
    assert (scales[-1] == 2 * scales[0]) == is_enlarged
    for level, (height, width) in zip(levels, detector.seen, strict=True):
        wanted = np.array(shape) * level.scale
        assert np.abs(np.array([height, width]) - wanted).max() <= 16  # a multiple of the stride
        [box] = level.detections.boxes
        assert box[2:] * level.scale == pytest.approx([size, size], rel=0.2)


def test_a_larger_picture_of_stripes_is_seen_as_their_mean() -> None:
    stripes = np.zeros((1800, 3200), np.uint8)
    stripes[:, ::2] = 255
    detector: Any = Drawn(20)
    means = []
    detector.maps = lambda page: (
        means.append(page[:900, :1600, 2])
        or np.full((page.shape[0] // 4, page.shape[1] // 4, 14), -5, np.float32)
    )
    detect(stripes, detector, PARAMETERS)
    assert np.ptp(means[0]) < 0.1  # how dark it is: everywhere alike


def test_what_is_predicted_beside_the_middle_of_a_box_counts_too() -> None:
    levels = [level(1.0, (25, 51, 3))]
    box = np.array([202 - BEST_SIZE / 2, 102 - BEST_SIZE / 2, BEST_SIZE, BEST_SIZE], np.float32)
    logits, found = detection_near(levels, box, 3)
    assert logits[3] == 2
    assert found == pytest.approx([206 - 3, 102 - 10, 8, 22])
