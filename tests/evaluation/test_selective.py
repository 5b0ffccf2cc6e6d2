from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.evaluation.selective import (
    POINTS,
    PRECISIONS,
    RiskCoverage,
    RiskPoint,
    Selection,
    all_cuts,
    risk_coverage,
    widest,
)  # fmt: skip
from digits.evaluation.wording import level, threshold

STEADY = settings(derandomize=True, deadline=None)
Answers = tuple[NDArray[np.float64], NDArray[np.bool_]]


def found(confidence: list[float], right: list[bool]) -> RiskCoverage:
    return risk_coverage(np.array(confidence), np.array(right))


def falling(n: int, wrong: list[int]) -> Answers:
    """n answers, the surest first, of which those at the positions `wrong` are wrong."""
    right = np.ones(n, bool)
    right[wrong] = False
    return np.linspace(0.999, 0.5, n), right


@st.composite
def answered(draw: st.DrawFn) -> Answers:
    """Answers with many or few ties and mistakes, sure ones being right more often."""
    n = draw(st.integers(1, 3000))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.sampled_from([2, 30, 10**9]))
    confidence = np.ceil(random.uniform(0.1, 1, n) ** 0.2 * steps) / steps
    doubt = draw(st.sampled_from([0, 0.01, 0.3, 2]))
    return confidence, random.random(n) >= (1 - confidence) * doubt


def test_five_answers_by_hand() -> None:
    result = found([0.6, 0.9, 0.7, 0.99, 0.8], [True, True, False, True, True])

    assert result.curve == (
        RiskPoint(0.2, 0, 0.99), RiskPoint(0.4, 0, 0.9), RiskPoint(0.6, 0, 0.8),
        RiskPoint(0.8, 1 / 4, 0.7), RiskPoint(1, 1 / 5, 0.6),
    )  # fmt: skip
    assert result.kept == tuple(Selection(p, 3, 0, 0.6, 0.8, 0.7) for p in PRECISIONS)


def test_equally_sure_answers_are_kept_or_left_out_together() -> None:
    result = found([0.9, 0.8, 0.8, 0.8], [True, True, True, False])

    assert result.curve == (RiskPoint(0.25, 0, 0.9), RiskPoint(1, 0.25, 0.8))
    assert result.kept[0] == Selection(0.999, 1, 0, 0.25, 0.9, 0.8)


def test_a_precision_that_is_reached_exactly_is_reached() -> None:
    # 1 - 1 / 1000 is 0.999, but 1 / 1000 > 1 - 0.999 in binary
    three_nines, four_nines = risk_coverage(*falling(1000, [500])).kept

    assert three_nines == Selection(0.999, 1000, 1, 1, 0.5, None)
    assert (four_nines.n, four_nines.errors, four_nines.coverage) == (500, 0, 0.5)
    assert risk_coverage(*falling(999, [500])).kept[0].n == 500
    assert risk_coverage(*falling(10_000, [0])).kept[1].n == 10_000


def test_the_widest_cut_counts_also_where_the_precision_was_lost_before_it() -> None:
    confidence, right = falling(3000, [100, 2500])

    three_nines, four_nines = risk_coverage(confidence, right).kept

    assert (three_nines.n, three_nines.errors) == (3000, 2)
    assert (four_nines.n, four_nines.next_confidence) == (100, confidence[100])


def test_all_right_all_wrong_and_one_answer() -> None:
    assert [s.coverage for s in found([0.9, 0.5], [True, True]).kept] == [1, 1]
    for nothing in found([0.9, 0.5], [False, False]).kept:
        assert (nothing.n, nothing.coverage, nothing.confidence) == (0, 0, None)
        assert nothing.next_confidence == 0.9
    assert found([0.4], [True]).curve == (RiskPoint(1, 0, 0.4),)
    assert found([0.4], [True]).kept[1] == Selection(0.9999, 1, 0, 1, 0.4, None)
    assert found([0.4], [False]).curve == (RiskPoint(1, 1, 0.4),)
    assert found([0.4], [False]).kept[1] == Selection(0.9999, 0, 0, 0, None, 0.4)


@STEADY
@given(answered())
def test_what_is_kept_is_precise_and_no_wider_cut_is(case: Answers) -> None:
    confidence, right = case

    for kept in risk_coverage(confidence, right).kept:
        sure = confidence >= (2 if kept.confidence is None else kept.confidence)
        assert (sure.sum(), (~right[sure]).sum()) == (kept.n, kept.errors)
        assert kept.coverage == kept.n / len(right)
        assert kept.n == 0 or right[sure].mean() >= kept.precision
        lower = np.unique(confidence[~sure])
        assert kept.next_confidence == (lower[-1] if len(lower) else None)
        assert all(right[confidence >= wider].mean() < kept.precision for wider in lower)


@STEADY
@given(answered())
def test_the_curve_rises_to_all_answers_and_its_points_are_true(case: Answers) -> None:
    confidence, right = case

    curve = risk_coverage(confidence, right).curve

    assert len(curve) <= POINTS
    assert curve[0].confidence == confidence.max()
    assert curve[-1].coverage == 1
    assert curve[-1].risk == pytest.approx(1 - right.mean())
    assert all(one.coverage < two.coverage for one, two in pairwise(curve))
    for point in curve:
        sure = confidence >= point.confidence
        assert point.coverage == sure.mean()
        assert point.risk == pytest.approx(1 - right[sure].mean())


def test_every_error_is_on_a_curve_that_has_room() -> None:
    wrong = list(range(50, 10_000, 60))
    confidence, right = falling(10_000, wrong)

    result = risk_coverage(confidence, right)

    assert len(wrong) < len(result.curve) == POINTS
    assert set(confidence[wrong]) < {point.confidence for point in result.curve}


def test_a_curve_with_more_errors_than_room_holds_its_ends_and_its_cuts() -> None:
    confidence, right = falling(20_000, [*range(9_000, 20_000, 20)])

    result = risk_coverage(confidence, right)

    assert len(result.curve) == POINTS
    assert result.curve[0].coverage == 1 / 20_000
    assert {kept.confidence for kept in result.kept} < {p.confidence for p in result.curve}
    gaps = np.diff([p.coverage for p in result.curve if p.coverage > 0.5])
    assert gaps.max() < 0.01


def test_any_precision_can_be_asked_for() -> None:
    cuts = all_cuts(*falling(100, [50, 60]))

    assert [widest(cuts, p) for p in (0, 0.98, 0.983, 1)] == [99, 99, 59, 49]


@pytest.mark.parametrize(
    ("least", "dropped", "words"),
    [
        (0.7127, 0.7096, "71 %"), (0.7127, 0.7101, "71.2 %"), (0.9, 0.3, "90 %"),
        (0.99999, 0.9999, "99.999 %"), (1.0, 0.9999, "100 %"), (0.5, None, "any"),
        (None, 0.9, "-"),
    ],
)  # fmt: skip
def test_a_cut_in_words_keeps_what_is_kept_only(
    least: float | None, dropped: float | None, words: str
) -> None:
    assert threshold(Selection(0.999, 1, 0, 1, least, dropped)) == words


@STEADY
@given(st.floats(0.125, 1, width=32), st.floats(0.125, 1, width=32))
def test_a_cut_in_words_lies_between_both(one: float, other: float) -> None:
    least, dropped = max(one, other), min(one, other)
    if dropped < least:
        words = threshold(Selection(0.999, 1, 0, 1, least, dropped))
        assert dropped < float(words.removesuffix(" %")) / 100 <= least * (1 + 1e-15)


def test_levels_are_said_with_all_their_nines() -> None:
    assert [level(precision) for precision in PRECISIONS] == ["99.9 %", "99.99 %"]
