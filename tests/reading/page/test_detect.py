"""Places at all scales, each once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.geometry import MAX_IOU, MAX_PART, intersection, iou
from digits.model.detector import Detections, suppress
from digits.model.spec import BOX_UNIT, DETECTOR_STRIDE, MAX_DIGIT, MIN_DIGIT
from digits.reading.page.detect import (
    COARSEST,
    FINEST,
    MIDDLE,
    STEP,
    Look,
    _are_small,
    _scales,
    merge_levels,
    seen_at,
)


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


def look(scale: float, *at: tuple[int, int, int]) -> Look:
    """At a picture of 400×400 pixels: nothing but digits in cells of these rows and columns."""
    side = round(400 * scale) // DETECTOR_STRIDE
    said = np.full((side, side, 14), -5, np.float32)
    for row, column, digit in at:
        said[row, column, digit] = 2
        said[row, column, 10:] = np.log(np.array([3, 10, 5, 12]) / BOX_UNIT)
    return Look(scale, said, detections())


def test_what_was_said_of_a_place_is_said_at_the_scale_of_its_size() -> None:
    looks = [look(1.0, (25, 50, 3)), look(0.25, (6, 12, 8))]
    small, large = (
        np.array([202 - size / 2, 102 - size / 2, size, size], np.float32)
        for size in (MIDDLE, 4 * MIDDLE)
    )
    scores, box = seen_at(looks, small, 3)
    assert scores.tolist() == [-5, -5, -5, 2, -5, -5, -5, -5, -5, -5]
    assert box == pytest.approx([202 - 3, 102 - 10, 8, 22])
    scores, box = seen_at(looks, large, 8)
    assert scores.argmax() == 8
    assert box == pytest.approx([200 - 12, 104 - 40, 32, 88])
    small[0] += 40
    assert (seen_at(looks, small, 3)[0] == -5).all()


@given(*[st.integers(-60, 460)] * 2, *[st.integers(1, 300)] * 2)
def test_something_was_said_of_every_place(x: int, y: int, wide: int, high: int) -> None:
    scores, box = seen_at([look(1.0), look(0.4)], np.array([x, y, wide, high], np.float32), 7)
    assert scores.shape == (10,)
    assert (scores == -5).all()
    assert box.shape == (4,)


def test_spots_of_all_looks_are_told_once_the_surest_first() -> None:
    near, far = detections((0, 0, 20, 30)), detections((1, 1, 21, 28), (100, 0, 40, 60))
    looks = [
        Look(1.0, np.zeros((9, 9, 14), np.float32), near),
        Look(0.4, np.zeros((4, 4, 14), np.float32), Detections(far.boxes, far.logits + 5)),
    ]
    assert merge_levels(looks).boxes[:, 0].tolist() == [1, 100]


@given(st.integers(COARSEST, 20_000))
def test_digits_of_all_sizes_are_found_at_some_scale(longest: int) -> None:
    scales = _scales(longest, FINEST)
    assert scales == sorted(scales, reverse=True)
    assert longest * scales[0] <= FINEST + 1e-6
    assert MAX_DIGIT / MIN_DIGIT > STEP  # no size falls between two scales
    assert MIN_DIGIT / scales[0] <= max(0.01 * longest, MIN_DIGIT)
    assert MAX_DIGIT / scales[-1] >= 0.8 * longest  # a digit that fills the picture


@pytest.mark.parametrize(("longest", "finest"), [(300, 1.0), (1500, 1.0), (4000, 0.4)])
def test_large_pictures_are_shrunk(longest: int, finest: float) -> None:
    assert _scales(longest, FINEST)[0] == pytest.approx(finest)


def test_small_pictures_and_small_digits_are_looked_at_closer() -> None:
    small, large = detections((10, 10, 8, 12), (30, 10, 8, 12)), detections((10, 10, 20, 40))
    assert _are_small(small, (600, 800))
    assert _are_small(Detections(small.boxes, small.logits - 9), (600, 800))  # faint: none is sure
    assert not _are_small(large, (600, 800))
    assert _are_small(large, (200, 300))
    assert not _are_small(detections(), (600, 800))


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
