"""Lines of digits → strips."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.model.spec import LINE_DIGIT, LINE_HEIGHT
from digits.reading.page.lines import FULL, lines_through
from digits.reading.page.textline import BEYOND, baseline_of, cut_strip


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
def test_digits_lie_in_the_middle_of_the_strip_and_are_of_one_size(rise: float, size: int) -> None:
    boxes = row(5, size=size, step=0.8 * size, rise=rise)
    line = baseline_of(boxes, margin=0.5)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    seen = middle @ line.matrix[:, :2].T + line.matrix[:, 2]
    np.testing.assert_allclose(seen[:, 1], LINE_HEIGHT / 2, atol=0.5)
    assert line.angle == pytest.approx(math.atan(rise), abs=1e-3)
    assert line.scale * size == pytest.approx(LINE_DIGIT)
    assert 0 < seen[0, 0] < seen[-1, 0] < line.width


def test_one_digit_has_a_level_line() -> None:
    assert baseline_of(row(1)).angle == 0


@pytest.mark.parametrize("size", [12, 26, 130])
@pytest.mark.parametrize("degrees", [0, 10])
def test_a_strip_shows_the_ink_where_the_matrix_says(size: int, degrees: int) -> None:
    sheet = np.zeros((400, 500), np.uint8)
    line = baseline_of(row(4, size=size, step=size, rise=math.tan(math.radians(degrees))), 0.5)
    for box in row(4, size=size, step=size, rise=math.tan(math.radians(degrees))):
        x, y, wide, high = box.round().astype(int).tolist()
        sheet[y : y + high, x : x + wide] = 200
    strip = cut_strip(sheet, line.matrix, line.width)
    assert strip.shape == (LINE_HEIGHT, line.width)
    across = (strip[LINE_HEIGHT // 2] > 100).astype(int)
    assert np.count_nonzero(np.diff(across) == 1) == 4


def test_beyond_the_picture_its_rim_goes_on() -> None:
    sheet = np.full((60, 60), 90, np.uint8)
    line = baseline_of(np.array([[40, 10, 20, 40]], np.float32), margin=3)
    assert (cut_strip(sheet, line.matrix, line.width) == 90).all()


@pytest.mark.parametrize("rise", [-0.4, 0.0, 0.2])
def test_a_strip_ends_near_the_picture(rise: float) -> None:
    boxes = row(3, rise=rise)
    line = baseline_of(boxes, margin=20).within((400, 300))
    ends = cv2.invertAffineTransform(line.matrix) @ [[0, line.width], [LINE_HEIGHT / 2] * 2, [1, 1]]
    beyond = BEYOND * line.size * math.cos(line.angle)
    assert ends[0] == pytest.approx([-beyond, 300 + beyond], abs=1)
    near = baseline_of(boxes, margin=0.5)
    assert near.within((400, 300)) == near


def test_what_stands_side_by_side_is_a_line() -> None:
    boxes = np.concatenate([row(3), row(2, y=280), row(1, x=500)])
    shuffled = np.random.default_rng(0).permutation(len(boxes))
    lines = lines_through(boxes[shuffled].astype(np.float32))
    found = sorted(sorted(shuffled[line].tolist()) for line in lines)
    assert found == [[0, 1, 2], [3, 4], [5]]
    for line in lines:
        assert (np.diff(boxes[shuffled][line, 0]) > 0).all()


def test_climbing_digits_are_a_line_and_small_ones_beside_are_not() -> None:
    small = np.array([[130, 190, 8, 14]], np.float32)
    lines = lines_through(np.concatenate([row(5, rise=-0.35), small]))
    assert sorted(len(line) for line in lines) == [1, 5]


def test_a_long_line_is_cut_where_its_gap_is_widest() -> None:
    boxes = np.concatenate([row(20), row(20, x=730)]).astype(np.float32)
    lines = lines_through(boxes)
    assert all(np.ptp(boxes[line, 0]) <= FULL * 40 for line in lines)
    assert sorted(np.concatenate(lines).tolist()) == list(range(40))
    assert any(line.tolist() == list(range(20)) for line in lines)


def test_nothing_is_no_line() -> None:
    assert lines_through(np.zeros((0, 4), np.float32)) == []


def test_a_number_in_a_picture_is_cut_out_level() -> None:
    page = pictures.page("30517", height=80)
    grey = cv2.cvtColor(page.pixels, cv2.COLOR_RGB2GRAY)
    line = baseline_of(np.array(page.boxes, np.float32), 0.3)
    ink = cut_strip(grey, line.matrix, line.width) < 128
    rows = np.flatnonzero(ink.any(axis=1))
    assert rows[0] > (LINE_HEIGHT - LINE_DIGIT) / 2 - 4
    assert rows[-1] < (LINE_HEIGHT + LINE_DIGIT) / 2 + 4
