"""Which candidates are digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.io.number import Box
from digits.io.result import BY_CHANCE, UNSURE
from digits.model.bundle import open_bundle
from digits.reading.page.accept import Accepted, _are_by_chance, accept
from digits.reading.page.fuse import Fused
from digits.reading.page.recognise import Candidates

PARAMETERS = open_bundle().parameters.accept
SHAPE = (100, 400)


def candidates(
    *boxes: Box,
    column: list[float] | None = None,
    line: list[int] | None = None,
    recognised: float = 0.9,
) -> Candidates:
    """Candidates on one line, a 3 recognised in each."""
    count = len(boxes)
    read = np.full((count, 10), 0.01)
    read[:, 3] = recognised
    return Candidates(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros((count, 10), np.float32),
        read,
        np.zeros(count),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or [0] * count, np.intp),
        np.array(column or [box[0] for box in boxes], np.float64),
    )


def accepted(*boxes: Box, is_digit: list[float], three: float = 0.91, **where: Any) -> Accepted:
    probabilities = np.full((len(boxes), 10), (1 - three) / 9, np.float32)
    probabilities[:, 3] = three
    fused = Fused(probabilities, np.array(is_digit, np.float32))
    return accept(candidates(*boxes, **where), fused, SHAPE, PARAMETERS)


def test_what_is_below_the_threshold_is_rejected_or_ignored_and_the_reason_said() -> None:
    boxes: list[Box] = [(10, 10, 20, 40), (60, 10, 20, 40), (110, 10, 20, 40)]
    found = accepted(*boxes, is_digit=[0.99, 0.2, 0.01])
    assert [digit.box for digit in found.digits] == boxes[:1]
    assert [(each.box, each.reason) for each in found.rejected] == [(boxes[1], UNSURE)]
    assert found.candidates.boxes.tolist() == [[10, 10, 20, 40]]


def test_the_more_probable_of_two_candidates_in_one_place_stays() -> None:
    found = accepted((10, 10, 20, 40), (12, 10, 20, 40), is_digit=[0.9, 0.95], column=[10, 11])
    assert [digit.box for digit in found.digits] == [(12, 10, 20, 40)]


def test_two_digits_read_side_by_side_stay_however_much_their_boxes_overlap() -> None:
    found = accepted((10, 10, 30, 40), (14, 10, 30, 40), is_digit=[0.9, 0.95], column=[10, 30])
    assert len(found.digits) == 2


@pytest.mark.parametrize("where", [{"line": [0, 1]}, {"recognised": 0.1}])
def test_boxes_that_overlap_are_two_digits_only_as_read_on_one_line(where: dict[str, Any]) -> None:
    boxes: list[Box] = [(10, 10, 30, 40), (14, 10, 30, 40)]
    assert len(accepted(*boxes, is_digit=[0.9, 0.95], column=[10, 30], **where).digits) == 1


def test_a_less_probable_box_around_a_digit_goes() -> None:
    small: Box = (30, 30, 12, 20)
    found = accepted(small, (20, 20, 60, 60), is_digit=[0.9, 0.8], column=[30, 32])
    assert [digit.box for digit in found.digits] == [small]


def test_few_digits_that_may_be_any_are_there_by_chance() -> None:
    boxes: list[Box] = [(20 * k, 50, 10, 20) for k in range(20)]
    certain, vague = (
        accepted((10, 10, 20, 30), *boxes, is_digit=[0.99] + [0.02] * 20, three=three)
        for three in (0.99, 0.5)
    )
    assert len(certain.digits) == 1
    assert not vague.digits


def test_few_digits_among_many_that_are_none_are_there_by_chance() -> None:
    boxes = [(20 * k, 50, 10, 20) for k in range(20)]
    found = accepted((10, 10, 20, 30), *boxes, is_digit=[0.6] + [0.02] * 20)
    assert not found.digits
    assert [each.reason for each in found.rejected] == [BY_CHANCE]
    assert len(found.candidates) == 0


def test_a_box_lies_within_the_page() -> None:
    found = accepted((-5, 80, 20, 40), (390, -3, 30, 8), is_digit=[0.99, 0.99])
    assert sorted(digit.box for digit in found.digits) == [(0, 80, 15, 20), (390, 0, 10, 5)]


def test_a_page_without_candidates_has_no_digits() -> None:
    assert accepted(is_digit=[]).digits == []


@given(st.integers(1, 400))
def test_of_many_candidates_without_a_certain_one_none_is_a_digit(count: int) -> None:
    doubtful, certain = np.float32(0.594), np.float32(0.98)

    def by_chance(*confidences: np.float32) -> bool:
        return _are_by_chance(np.array(confidences, np.float32), count, PARAMETERS)

    assert not by_chance(doubtful, certain)
    assert not by_chance()
    assert by_chance(*[doubtful] * 3) == (count > 2)
    assert by_chance(*[doubtful] * 5) == (count >= 100)


def test_the_temperature_makes_digits_less_certain_and_changes_none() -> None:
    fused = Fused(np.full((1, 10), 0.01, np.float32), np.array([0.95], np.float32))
    fused.probabilities[0, 3] = 0.91
    cool, hot = (
        accept(candidates((10, 10, 20, 40)), fused, SHAPE, replace(PARAMETERS, temperature=t))
        for t in (1.0, 2.0)
    )
    assert cool.digits[0].confidence == pytest.approx(0.95 * 0.91, abs=1e-6)
    assert 0.3 < hot.digits[0].confidence < cool.digits[0].confidence - 0.2
    assert hot.digits[0].digit == cool.digits[0].digit == 3
    assert hot.digits[0].probabilities.sum() == pytest.approx(1)
