"""What was read between two digits, and gaps of a line that are decided alike."""

from __future__ import annotations

import numpy as np
import pytest

from digits.model.bundle import open_bundle
from digits.model.spec import (
    BOUNDARY,
    DIGIT_TOKENS,
    LETTER,
    LINE_STRIDE,
    SIGN_TOKENS,
    SIGNS,
    TOKENS,
)
from digits.reading.page.between import (
    MARKS,
    NOTHING,
    Between,
    between,
    ends_by_gap,
    gaps,
)
from digits.reading.page.recognise import Candidates

NUMBERS = open_bundle().parameters.numbers
FIRST, MIDDLE, SECOND = 4, 8, 12  # frames of two digits, and of what is between them


def token(sign: str) -> int:
    return SIGN_TOKENS.start + SIGNS.index(sign)


def run(frames: list[int], line: list[int] | None = None) -> Candidates:
    """Digits that were read in these frames of their lines."""
    count = len(frames)
    return Candidates(
        np.array([[4 * at, 0, 12, 20] for at in frames], np.float32).reshape(-1, 4),
        np.zeros((count, 10), np.float32),
        np.zeros((count, 10)),
        np.zeros(count),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or [0] * count, np.intp),
        np.array(frames, np.float64) * LINE_STRIDE,
    )


def read(*tokens: tuple[int, int, float], line: list[int] | None = None) -> Between:
    """What is between a digit in frame FIRST and one in SECOND. tokens: with frame and
    probability."""
    frames = np.zeros((20, TOKENS))
    frames[[FIRST, SECOND], DIGIT_TOKENS.start + 3] = 0.9
    for each, frame, probability in tokens:
        frames[frame, each] = probability
    [found] = between(run([FIRST, SECOND], line), [frames, frames])
    return found


def test_a_boundary_ends_a_number() -> None:
    found = read((BOUNDARY, MIDDLE, 0.8))
    assert (found.end, found.mark_probability) == (0.8, 0)


@pytest.mark.parametrize("each", [LETTER, *(token(sign) for sign in SIGNS if sign not in MARKS)])
def test_a_letter_and_any_sign_but_a_mark_end_a_number(each: int) -> None:
    found = read((each, MIDDLE, 0.8))
    assert (found.end, found.mark_probability) == (0.8, 0)


@pytest.mark.parametrize("mark", MARKS)
def test_a_decimal_mark_ends_no_number(mark: str) -> None:
    assert read((token(mark), MIDDLE, 0.8)) == Between(mark, 0.8, 0.0)


def test_the_likelier_mark_is_read() -> None:
    found = read((token("."), MIDDLE, 0.3), (token(","), MIDDLE, 0.6))
    assert (found.mark, found.mark_probability) == (",", 0.6)


def test_signs_of_one_frame_add_up_and_frames_do_not() -> None:
    together = read((LETTER, MIDDLE, 0.3), (token("/"), MIDDLE, 0.3), (BOUNDARY, MIDDLE, 0.2))
    assert together.end == pytest.approx(0.8)
    apart = read((LETTER, MIDDLE, 0.3), (token("/"), MIDDLE + 1, 0.3))
    assert apart.end == pytest.approx(0.3)


def test_what_stands_before_or_behind_is_not_between() -> None:
    assert read((LETTER, FIRST - 1, 0.9), (BOUNDARY, SECOND + 1, 0.9)) == NOTHING


def test_nothing_is_read_between_digits_of_different_lines() -> None:
    assert read((LETTER, MIDDLE, 0.9), line=[0, 1]) == NOTHING


def test_digits_out_of_order_have_nothing_between() -> None:
    frames = np.ones((20, TOKENS))
    assert between(run([SECOND, FIRST]), [frames]) == [NOTHING]


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_digits_have_no_gaps(count: int) -> None:
    some = run([FIRST] * count)
    assert between(some, [np.zeros((20, TOKENS))]) == []
    assert len(gaps(some.boxes)) == len(ends_by_gap(some.boxes, np.zeros(0, bool), NUMBERS)) == 0


def test_a_gap_is_measured_in_sizes_of_the_larger_digit() -> None:
    boxes = np.array([[0, 0, 10, 20], [30, 0, 10, 40], [50, 0, 10, 20]], np.float32)
    assert gaps(boxes).tolist() == [0.5, 0.25]


@pytest.mark.parametrize("is_marked", [False, True])
def test_the_wider_a_gap_the_likelier_a_number_ends(is_marked: bool) -> None:
    def end(gap: float) -> float:
        boxes = np.array([[0, 0, 20, 40], [20 + 40 * gap, 0, 20, 40]], np.float32)
        return float(ends_by_gap(boxes, np.array([is_marked]), NUMBERS)[0])

    usual = NUMBERS.marked_gap if is_marked else NUMBERS.gap
    found = [end(usual + off) for off in (-90, -0.3, 0, 0.3, 90)]
    assert found == sorted(found)
    assert found[0] < 1e-9
    assert found[2] == pytest.approx(0.5)
    assert found[4] > 1 - 1e-9
