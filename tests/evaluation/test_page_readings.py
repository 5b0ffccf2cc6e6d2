"""Figures over pages, on cases that one can count by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.evaluation.page_readings import (
    Found,
    PageReading,
    digits_in,
    edits,
    overlap,
    score_pages,
)

BOX = (0.0, 0.0, 40.0, 20.0)
ELSEWHERE = (200.0, 0.0, 40.0, 20.0)


def page(
    truth: list[str], found: list[tuple[str, float]], *, ignore_boxes=(), seconds: float = 0.1
) -> PageReading:
    boxes = tuple((50.0 * i, 0.0, 40.0, 20.0) for i in range(len(truth)))
    numbers = tuple(
        Found(text, (50.0 * i, 0.0, 40.0, 20.0), sure) for i, (text, sure) in enumerate(found)
    )
    return PageReading(tuple(truth), boxes, tuple(ignore_boxes), numbers, 500_000, seconds)


def test_a_page_read_as_it_stands_scores_full() -> None:
    score = score_pages([page(["12", "7"], [("12", 0.9), ("7", 0.8)])])
    assert (score.read_rate, score.digit_error, score.number_f1, score.box_f1) == (1, 0, 1, 1)
    assert (score.coverage_99, score.coverage_999) == (1, 1)


def test_a_page_on_which_nothing_was_read_scores_nothing() -> None:
    score = score_pages([page(["12"], [])])
    assert (score.read_rate, score.digit_error, score.number_f1, score.box_f1) == (0, 1, 0, 0)
    assert score.coverage_99 == 0


def test_numbers_cut_in_two_are_read_in_order_but_are_no_numbers() -> None:
    score = score_pages([page(["12"], [("1", 0.9), ("2", 0.9)])])
    assert score.read_rate == 1
    assert score.number_f1 == 0


def test_one_of_two_digits_wrong_is_half_an_error() -> None:
    assert score_pages([page(["12"], [("13", 0.9)])]).digit_error == 0.5


def test_more_digits_than_stand_there_are_at_most_a_whole_error() -> None:
    assert score_pages([page(["1"], [("2345", 0.9)])]).digit_error == 1


def test_digits_on_an_empty_page_are_counted_a_megapixel() -> None:
    score = score_pages([page([], [("123", 0.9)]), page([], [])])
    assert score.false_digits == 3
    assert score.read_rate is None
    assert score.number_f1 is None


def test_readings_in_ignore_boxes_do_not_count() -> None:
    score = score_pages([page(["12"], [("12", 0.9), ("5", 0.9)], ignore_boxes=[(45, 0, 60, 30)])])
    assert score.read_rate == 1
    assert score.number_f1 == 1


def test_coverage_is_of_the_numbers_that_stand_there() -> None:
    pages = [page(["1", "2", "3", "4"], [("1", 0.9), ("2", 0.8), ("9", 0.7), ("4", 0.6)])]
    assert score_pages(pages).coverage_99 == 0.5


def test_confidence_is_measured_against_the_share_that_is_right() -> None:
    pages = [page(["1", "2", "3", "4"], [("1", 0.75), ("2", 0.75), ("3", 0.75), ("9", 0.75)])]
    assert score_pages(pages).calibration_error == pytest.approx(0)
    false = [page([], [("5", 0.9)])]
    assert score_pages(false).calibration_error == pytest.approx(0.9)
    assert score_pages([page(["1"], [])]).calibration_error is None


def test_a_text_read_twice_is_right_once() -> None:
    score = score_pages([page(["1"], [("1", 0.9), ("1", 0.8)])])
    assert score.number_f1 == pytest.approx(2 / 3)


def test_times_are_a_page_and_a_megapixel() -> None:
    score = score_pages([page(["1"], [], seconds=s) for s in (0.1, 0.2, 0.6)])
    assert score.median == 0.2
    assert 0.5 < score.slowest <= 0.6
    assert score.per_megapixel == pytest.approx(0.4)


def test_numbers_of_a_line_share_its_box_by_characters() -> None:
    found = digits_in("a12 7", (10.0, 5.0, 50.0, 20.0), 0.5)
    assert [(each.text, each.box) for each in found] == [
        ("12", (20.0, 5.0, 20.0, 20.0)),
        ("7", (50.0, 5.0, 10.0, 20.0)),
    ]
    assert digits_in("none", BOX, 0.5) == []


def test_overlap_of_boxes() -> None:
    assert overlap(BOX, BOX) == 1
    assert overlap(BOX, ELSEWHERE) == 0
    assert overlap(BOX, (0.0, 0.0, 40.0, 10.0)) == 0.5


@given(st.text("0123456789", max_size=8), st.text("0123456789", max_size=8))
def test_edits_are_a_distance(a: str, b: str) -> None:
    assert edits(a, b) == edits(b, a)
    assert (edits(a, b) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= edits(a, b) <= max(len(a), len(b))


@given(st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=6))
def test_what_is_read_as_it_stands_is_always_full(truth: list[str]) -> None:
    score = score_pages([page(truth, [(text, 0.9) for text in truth])])
    assert score.read_rate == score.number_f1 == score.coverage_999 == 1
