"""Detections → text lines and their crops."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.bundle import open_bundle
from digits.model.detector import Detections
from digits.model.spec import LINE_DIGIT, LINE_HEIGHT
from digits.reading.page.textline import (
    BEYOND,
    LONGEST,
    STEEPEST,
    crop_line,
    crop_lines,
    fit_text_line,
    group_lines,
    side_by_side,
)

PARAMETERS = open_bundle().parameters.textline


def row(
    count: int,
    *,
    x: float = 100,
    y: float = 200,
    size: float = 40,
    step: float = 30,
    rise: float = 0.0,
) -> NDArray[np.float32]:
    """Boxes of digits side by side on a line that falls by `rise` pixels a pixel."""
    across = x + step * np.arange(count)
    down = y + rise * step * np.arange(count)
    return np.stack([across, down, np.full(count, 0.6 * size), np.full(count, size)], 1).astype(
        np.float32
    )


@pytest.mark.parametrize("rise", [-0.4, 0.0, 0.2])
@pytest.mark.parametrize("size", [10, 40, 300])
def test_digits_lie_in_the_middle_of_the_crop_and_are_of_one_size(rise: float, size: int) -> None:
    boxes = row(5, size=size, step=0.8 * size, rise=rise)
    line = fit_text_line(boxes, margin=0.5)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    seen = middle @ line.matrix[:, :2].T + line.matrix[:, 2]
    np.testing.assert_allclose(seen[:, 1], LINE_HEIGHT / 2, atol=0.5)
    assert line.angle == pytest.approx(math.atan(rise), abs=1e-3)
    assert line.scale * size == pytest.approx(LINE_DIGIT)
    assert 0 < seen[0, 0] < seen[-1, 0] < line.width


def test_one_digit_has_a_level_line() -> None:
    assert fit_text_line(row(1)).angle == 0


@pytest.mark.parametrize("size", [12, 26, 130])
@pytest.mark.parametrize("degrees", [0, 10])
def test_a_crop_shows_the_ink_where_the_matrix_says(size: int, degrees: int) -> None:
    sheet = np.zeros((400, 500), np.uint8)
    line = fit_text_line(row(4, size=size, step=size, rise=math.tan(math.radians(degrees))), 0.5)
    for box in row(4, size=size, step=size, rise=math.tan(math.radians(degrees))):
        x, y, wide, high = box.round().astype(int).tolist()
        sheet[y : y + high, x : x + wide] = 200
    crop = crop_line(sheet, line.matrix, line.width)
    assert crop.shape == (LINE_HEIGHT, line.width)
    across = (crop[LINE_HEIGHT // 2] > 100).astype(int)
    assert np.count_nonzero(np.diff(across) == 1) == 4


def test_beyond_the_page_its_border_is_repeated() -> None:
    sheet = np.full((60, 60), 90, np.uint8)
    line = fit_text_line(np.array([[40, 10, 20, 40]], np.float32), margin=3)
    assert (crop_line(sheet, line.matrix, line.width) == 90).all()


@pytest.mark.parametrize("rise", [-0.4, 0.0, 0.2])
def test_a_crop_ends_near_the_page(rise: float) -> None:
    boxes = row(3, rise=rise)
    line = fit_text_line(boxes, margin=20).within((400, 300))
    ends = cv2.invertAffineTransform(line.matrix) @ [[0, line.width], [LINE_HEIGHT / 2] * 2, [1, 1]]
    beyond = BEYOND * line.size * math.cos(line.angle)
    assert ends[0] == pytest.approx([-beyond, 300 + beyond], abs=1)
    near = fit_text_line(boxes, margin=0.5)
    assert near.within((400, 300)) == near


def test_what_stands_side_by_side_is_a_line() -> None:
    boxes = np.concatenate([row(3), row(2, y=280), row(1, x=500)])
    shuffled = np.random.default_rng(0).permutation(len(boxes))
    lines = side_by_side(boxes[shuffled].astype(np.float32), PARAMETERS)
    found = sorted(sorted(shuffled[line].tolist()) for line in lines)
    assert found == [[0, 1, 2], [3, 4], [5]]
    for line in lines:
        assert (np.diff(boxes[shuffled][line, 0]) > 0).all()


def test_climbing_digits_are_a_line_and_small_ones_beside_are_not() -> None:
    small = np.array([[130, 190, 8, 14]], np.float32)
    lines = side_by_side(np.concatenate([row(5, rise=-0.35), small]), PARAMETERS)
    assert sorted(len(line) for line in lines) == [1, 5]


def test_a_long_line_is_cut_where_its_gap_is_widest() -> None:
    boxes = np.concatenate([row(20), row(20, x=730)]).astype(np.float32)
    lines = side_by_side(boxes, PARAMETERS)
    assert all(np.ptp(boxes[line, 0]) <= LONGEST * 40 for line in lines)
    assert sorted(np.concatenate(lines).tolist()) == list(range(40))
    assert any(line.tolist() == list(range(20)) for line in lines)


def test_a_long_line_is_cut_at_a_gap_that_is_not_in_its_middle() -> None:
    boxes = np.concatenate([row(12), row(26, x=500)]).astype(np.float32)
    assert [line.tolist() for line in side_by_side(boxes, PARAMETERS)] == [
        list(range(12)),
        list(range(12, 38)),
    ]


def test_nothing_is_no_line() -> None:
    assert side_by_side(np.zeros((0, 4), np.float32), PARAMETERS) == []


def test_a_number_in_a_picture_is_cut_out_level() -> None:
    page = pictures.page("30517", height=80)
    grey = cv2.cvtColor(page.pixels, cv2.COLOR_RGB2GRAY)
    line = fit_text_line(np.array(page.boxes, np.float32), 0.3)
    ink = crop_line(grey, line.matrix, line.width) < 128
    rows = np.flatnonzero(ink.any(axis=1))
    assert rows[0] > (LINE_HEIGHT - LINE_DIGIT) / 2 - 4
    assert rows[-1] < (LINE_HEIGHT + LINE_DIGIT) / 2 + 4


def detections(boxes: NDArray[np.float32], *logits: float) -> Detections:
    """All of the digit 1."""
    found = np.full((len(boxes), 10), -5, np.float32)
    found[:, 1] = logits
    return Detections(boxes, found)


def test_a_speck_between_digits_joins_their_line_and_separates_none() -> None:
    digits, speck = row(4, step=50), np.array([[140, 205, 20, 30]], np.float32)
    found = detections(np.concatenate([digits, speck]), *[2.0] * 4, -0.8)
    [(line, members)] = group_lines(found, PARAMETERS)
    assert len(members) == 5
    assert line.size == pytest.approx(40)


def test_a_speck_that_fits_to_one_neighbour_alone_separates_none() -> None:
    digits = np.array([[100, 200, 24, 40], [160, 198, 26, 46], [210, 200, 24, 40]], np.float32)
    speck = np.array([[130, 207, 20, 26]], np.float32)
    assert len(side_by_side(np.concatenate([digits, speck]), PARAMETERS)) == 2
    found = detections(np.concatenate([digits, speck]), *[2.0] * 3, -0.8)
    [(_, members)] = group_lines(found, PARAMETERS)
    assert len(members) == 4


def test_a_doubtful_detection_on_no_line_has_a_line_of_its_own() -> None:
    boxes = np.concatenate([row(3), row(1, x=300, y=330)])
    lines = group_lines(detections(boxes, 2, 2, 2, -0.8), PARAMETERS)
    assert [len(members) for _, members in lines] == [3, 1]


def test_crop_and_page_boxes_are_inverse() -> None:
    boxes = row(4, rise=0.2)
    line = fit_text_line(boxes, 1.0)
    np.testing.assert_allclose(line.to_page(line.to_crop(boxes)), boxes, atol=1e-3)


# Which stand side by side


def runs(*boxes: tuple[float, float, float, float]) -> list[list[int]]:
    found = side_by_side(np.array(boxes, np.float32), PARAMETERS)
    return sorted(run.tolist() for run in found)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 60), *[st.integers(10, 50)] * 2), min_size=1
    )
)
def test_every_box_stands_in_one_line(boxes: list[tuple[int, int, int, int]]) -> None:
    assert sorted(index for run in runs(*boxes) for index in run) == list(range(len(boxes)))


def test_what_is_too_far_away_begins_a_line_of_its_own() -> None:
    size = 40
    for gap, is_far in ((0.9, False), (1.1, True)):
        x = 20 + gap * PARAMETERS.max_gap * size
        assert runs((0, 0, 20, size), (x, 0, 20, size)) == ([[0], [1]] if is_far else [[0, 1]])


def test_a_digit_may_be_higher_the_farther_away_it_is() -> None:
    rise = 1.1 * PARAMETERS.max_drift * 40
    assert runs((0, 100, 20, 40), (22, 100 - rise, 20, 40)) == [[0], [1]]
    assert runs((0, 100, 20, 40), (80, 100 - rise, 20, 40)) == [[0, 1]]


def test_what_is_far_larger_is_on_no_line_with_a_digit() -> None:
    digit = (0, 100, 20, 40)
    assert runs(digit, (30, 84, 36, 72)) == [[0], [1]]
    assert runs(digit, (30, 88, 32, 64)) == [[0, 1]]


def test_what_stands_in_one_place_does_not_stand_side_by_side() -> None:
    assert runs((0, 100, 20, 40), (2, 105, 20, 30)) == [[0], [1]]


def test_of_two_that_may_follow_the_one_on_the_same_height_does() -> None:
    assert [0, 1] in runs((0, 100, 20, 40), (34, 100, 20, 40), (30, 118, 20, 40))


# Lines


def test_digits_above_each_other_make_no_steep_line() -> None:
    above = np.array([[100, 100, 20, 40], [103, 112, 20, 40]], np.float32)
    assert fit_text_line(above).angle == 0


def test_no_line_is_steeper_than_writing() -> None:
    steep = fit_text_line(row(4, step=30, rise=2.0))
    assert math.tan(steep.angle) == pytest.approx(STEEPEST)


def test_a_line_is_as_large_as_its_whole_digits() -> None:
    boxes = row(6)
    boxes[[1, 4], 3] = 15  # parts of digits
    assert fit_text_line(boxes).size == pytest.approx(40)


def test_the_crop_of_a_group_ends_near_the_page() -> None:
    page = np.full((400, 95), 255, np.uint8)
    [crop] = crop_lines(page, detections(row(3, x=2), *[2.0] * 3), PARAMETERS)
    line = crop.line
    assert line.x + line.start == pytest.approx(-BEYOND * line.size, abs=1)
    assert line.x + line.end == pytest.approx(95 + BEYOND * line.size, abs=1)


@pytest.mark.parametrize(
    "doubtful",
    [
        pytest.param((600, 200, 24, 40), id="beyond its end"),
        pytest.param((150, 215, 5, 8), id="a speck"),
        pytest.param((150, 260, 24, 40), id="below"),
    ],
)
def test_what_is_doubtful_joins_no_line_that_it_does_not_stand_on(
    doubtful: tuple[int, int, int, int],
) -> None:
    boxes = np.concatenate([row(3), np.array([doubtful], np.float32)])
    lines = group_lines(detections(boxes, 2, 2, 2, -0.8), PARAMETERS)
    assert [len(members) for _, members in lines] == [3, 1]


def test_a_pixel_of_a_crop_is_the_mean_of_those_that_it_covers() -> None:
    fine = np.indices((400, 600)).sum(axis=0) % 2 * np.uint8(255)
    line = fit_text_line(row(3, size=130, step=100))
    crop = crop_line(fine.astype(np.uint8), line.matrix, line.width)
    assert np.abs(crop.astype(int) - 127).max() < 30


def test_small_writing_is_enlarged_smoothly() -> None:
    page = np.repeat([0, 200], 30).astype(np.uint8) * np.ones((60, 1), np.uint8)
    line = fit_text_line(np.array([[26, 26, 5, 8]], np.float32), margin=2)
    middle = crop_line(page, line.matrix, line.width)[LINE_HEIGHT // 2].astype(int)
    assert np.abs(np.diff(middle)).max() < 120
    assert middle.min() < 20 < 180 < middle.max()
