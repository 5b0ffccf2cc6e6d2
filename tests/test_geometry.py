"""Boxes, overlaps and suppression, each held against its definition."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.geometry import (
    FLAT,
    MAX_IOU,
    MAX_PART,
    Boxes,
    intersection,
    iou,
    meeting_pairs,
    nms,
    quantile,
    sizes,
)
from digits.reading.page.orientation import rotated, rotated_back

Box = tuple[int, int, int, int]
SIDE = 48  # pixels of the pictures in which boxes of these tests lie
boxes_of_a_page = st.lists(
    st.tuples(*[st.integers(0, SIDE // 2)] * 2, *[st.integers(1, SIDE // 2)] * 2), max_size=24
)


def as_array(boxes: list[Box]) -> Boxes:
    return np.array(boxes, np.float32).reshape(-1, 4)


def painted(box: Box) -> NDArray[np.bool_]:
    x, y, width, height = box
    pixels = np.zeros((SIDE, SIDE), bool)
    pixels[y : y + height, x : x + width] = True
    return pixels


def pairs(boxes: Boxes) -> list[tuple[int, int]]:
    found = zip(*(side.tolist() for side in meeting_pairs(boxes)), strict=True)
    return sorted((min(pair), max(pair)) for pair in found)


def pairs_one_by_one(boxes: Boxes) -> list[tuple[int, int]]:
    shared = np.triu(intersection(boxes[:, None], boxes) > 0, 1)
    return [(int(one), int(other)) for one, other in np.argwhere(shared)]


def grid(count: int) -> Boxes:
    """Boxes in the cells of a square grid, each a little over its neighbours'."""
    side = round(count**0.5)
    down, across = np.divmod(np.arange(count), side)
    wide = np.full(count, 26)
    return np.stack([24 * across, 24 * down, wide, wide], axis=1).astype(np.float32)


# Overlaps


@given(boxes_of_a_page.filter(bool))
def test_the_area_that_boxes_share_is_that_of_their_common_pixels(boxes: list[Box]) -> None:
    first, others = painted(boxes[0]), [painted(box) for box in boxes]
    found = as_array(boxes)
    shared = [int((first & other).sum()) for other in others]
    assert intersection(found[0], found).tolist() == shared
    united = [int((first | other).sum()) for other in others]
    assert iou(found[0], found) == pytest.approx(np.divide(shared, united))
    np.testing.assert_array_equal(iou(found[:, None], found)[0], iou(found[0], found))


def test_a_digit_is_as_large_as_it_is_high_unless_it_lies() -> None:
    boxes = as_array([(0, 0, 10, 40), (5, 5, 100, 20), (0, 0, 20, 20)])
    assert sizes(boxes) == pytest.approx([40, FLAT * 100, 20])


# Pairs


@given(boxes_of_a_page)
def test_pairs_are_those_that_share_an_area_each_once(boxes: list[Box]) -> None:
    assert pairs(as_array(boxes)) == pairs_one_by_one(as_array(boxes))


def test_thousands_of_boxes_have_the_same_pairs_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    boxes = np.concatenate([rng.integers(0, 900, (2500, 2)), rng.integers(1, 40, (2500, 2))], 1)
    found = pairs(boxes.astype(np.float32))
    assert len(found) > 2500
    assert found == pairs_one_by_one(boxes.astype(np.float32))


class Counted(np.ndarray[Any, Any]):
    """An array that counts the elements of all arithmetic and comparisons done with it."""

    total = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(each) for each in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        Counted.total += np.size(result)
        return np.asarray(result).view(Counted)


def work(boxes: Boxes) -> int:
    Counted.total = 0
    meeting_pairs(boxes.view(Counted))
    return Counted.total


def peak_memory(boxes: Boxes) -> int:
    """Bytes held at most while boxes are suppressed."""
    tracemalloc.start()
    nms(boxes, np.ones(len(boxes), np.float32))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_ten_times_as_many_boxes_are_about_ten_times_the_work_and_the_memory() -> None:
    few, many = grid(1_000), grid(10_000)
    assert len(few) < work(few)  # it counts
    assert work(many) <= 40 * work(few)
    assert peak_memory(many) <= 40 * peak_memory(few)
    assert peak_memory(many) < 40e6  # all pairs would be 100 million


# Suppression


def conflicts(boxes: Boxes, is_unlikely: NDArray[np.bool_], margin: float) -> NDArray[np.bool_]:
    """(N, N) whether the first box would go for the second, by a margin: what lies on a bound may
    go either way."""
    common = intersection(boxes[:, None], boxes)
    part = common >= (MAX_PART + margin) * boxes[:, 2:].prod(axis=1)[:, None]
    same = iou(boxes[:, None], boxes) >= MAX_IOU + margin
    return np.asarray(same | part | (part.T & is_unlikely[:, None]))


@given(boxes_of_a_page, st.floats(-1, 11), st.booleans())
def test_nothing_that_stays_conflicts_and_what_goes_conflicts_with_what_stays(
    boxes: list[Box], unlikely: float, apart: bool
) -> None:
    found = as_array(boxes)
    scores = np.random.default_rng(len(boxes)).permutation(len(boxes)).astype(np.float32)

    def both_stay(one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
        return np.asarray((one + other) % 3 == 0)

    kept = nms(found, scores, unlikely=unlikely, both_stay=both_stay if apart else None)
    assert (np.diff(scores[kept]) < 0).all()
    index = np.arange(len(boxes))
    competes = scores[:, None] < scores
    if apart:
        competes &= (index[:, None] + index) % 3 != 0
    surely, perhaps = (conflicts(found, scores < unlikely, margin) for margin in (1e-4, -1e-4))
    assert not (surely & competes)[np.ix_(kept, kept)].any()
    gone = np.setdiff1d(index, kept)
    assert (perhaps & competes)[np.ix_(gone, kept)].any(axis=1).all()


def test_a_box_that_went_suppresses_none() -> None:
    row = as_array([(0, 0, 20, 30), (7, 0, 20, 30), (14, 0, 20, 30)])
    assert nms(row, np.array([3, 2, 1], np.float32)).tolist() == [0, 2]


def test_of_equal_scores_the_first_stays() -> None:
    twice = as_array([(0, 0, 20, 30)] * 3)
    assert nms(twice, np.ones(3, np.float32)).tolist() == [0]


@given(boxes_of_a_page, st.integers(-400, 400), st.integers(-400, 400), st.sampled_from([0.5, 4]))
def test_where_boxes_lie_and_how_large_they_are_all_is_the_same(
    boxes: list[Box], right: int, down: int, times: float
) -> None:
    found = as_array(boxes)
    scores = np.random.default_rng(7).permutation(len(boxes)).astype(np.float32)
    moved, scaled = found + np.array([right, down, 0, 0], np.float32), found * np.float32(times)
    for other in (moved, scaled):
        assert pairs(other) == pairs(found)
        assert nms(other, scores, unlikely=3).tolist() == nms(found, scores, unlikely=3).tolist()
    assert sizes(moved).tolist() == sizes(found).tolist()
    assert sizes(scaled) == pytest.approx(sizes(found) * times)


# Turned pictures


@given(boxes_of_a_page.filter(bool), st.sampled_from([0, 90, 180, 270]), st.integers(0, 20))
def test_a_box_found_on_a_turned_picture_is_where_it_was(
    boxes: list[Box], degrees: int, lower: int
) -> None:
    picture = np.zeros((SIDE + lower, SIDE), np.uint8)
    x, y, width, height = boxes[0]
    picture[y : y + height, x : x + width] = 255
    turned = rotated(picture, degrees)
    rows, columns = (np.flatnonzero(turned.any(axis=axis)) for axis in (1, 0))
    seen = (int(columns[0]), int(rows[0]), len(columns), len(rows))
    assert rotated_back(seen, degrees, picture.shape) == boxes[0]
    np.testing.assert_array_equal(rotated(turned, -degrees % 360), picture)


def test_a_quarter_turn_is_clockwise() -> None:
    assert rotated(np.array([[1, 2], [3, 4]], np.uint8), 90).tolist() == [[3, 1], [4, 2]]


# Quantiles


@given(st.lists(st.integers(0, 99), min_size=1), st.floats(0, 1))
def test_it_is_one_of_the_values_and_as_many_are_below(values: list[int], fraction: float) -> None:
    found = quantile(values, fraction)
    assert found in values
    below = sum(value < found for value in values)
    above = sum(value > found for value in values)
    rank = fraction * (len(values) - 1)
    assert below <= rank + 0.5
    assert above <= len(values) - 1 - rank + 0.5


def test_of_a_picture_it_is_that_of_all_pixels() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert [quantile(picture, fraction) for fraction in (0, 0.5, 1)] == pytest.approx(
        [0, 6, 11], abs=1
    )
