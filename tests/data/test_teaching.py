"""Teaching: a profile comes into use only if digits held out say so."""

from __future__ import annotations

import math
from functools import cache
from itertools import product

import numpy as np
import pytest
from pictures import digit_ink

from digits import Classifier
from digits.data import mnist, teaching
from digits.data.corrections import Correction
from digits.data.teaching import Reference, contradicting, teach, try_out
from digits.model.inputs import normalise_tile
from digits.model.profile import Votes, directions, voted

NEAR = Votes(3, 0.5, 8.0)


@cache
def classifier() -> Classifier:
    return Classifier("default", threads=1)


def correction(
    character: str, answer: int | None, read: int | None, height: int = 96
) -> Correction:
    tile = normalise_tile(digit_ink(character, height=height))
    return Correction(f"{height:016x}", tile, answer, read, 0.5, "2026-01-01T00:00:00.000Z")


def confirmed(count: int = 10) -> list[Correction]:
    return [correction(str(i % 10), i % 10, i % 10, 80 + i) for i in range(count)]


def odd_sevens(count: int) -> list[Correction]:
    """A user whose Z is a 7."""
    return [correction("Z", 7, 2, 60 + 3 * i) for i in range(count)]


@pytest.mark.parametrize(("count", "needed"), [(0, 10), (3, 7), (9, 1)])
def test_it_says_how_many_confirmed_digits_are_missing(count: int, needed: int) -> None:
    result = teach([*confirmed(count), *odd_sevens(5)], classifier())
    assert (result.needed, result.confirmed, result.corrected) == (needed, count, 5)
    assert result.profile is None
    assert result.message == f"not enough yet: {needed} more digits confirmed right"
    assert result.to_dict()["trial"] is None


def test_without_any_correction_nothing_is_taught() -> None:
    assert teach([], classifier()).needed == 10


def test_what_helps_held_out_digits_is_taken_into_use() -> None:
    result = teach([*confirmed(), *odd_sevens(8)], classifier(), votes=NEAR)
    trial, profile = result.trial, result.profile
    assert trial is not None
    assert profile is not None
    assert (trial.n, trial.errors_before - trial.errors_after) == (18, trial.fixed - trial.broken)
    assert trial.fixed > 2
    assert trial.posterior >= 0.9
    assert trial.interval[0] <= (trial.errors_after - trial.errors_before) / 18 <= trial.interval[1]
    unseen = correction("Z", 7, 2, 97).tile[None]
    assert classifier().predict(unseen)[0] != 7
    assert classifier().with_profile(profile).predict(unseen)[0] == 7
    assert profile.report["trial"]["n"] == 18
    assert "taken into use: of 18 digits" in result.message


def test_what_fixes_nothing_is_not_taken_into_use() -> None:
    result = teach(confirmed(20), classifier(), votes=NEAR)
    assert result.profile is None
    assert result.trial is not None
    assert (result.trial.fixed, result.trial.broken, result.trial.posterior) == (0, 0, 0.5)
    assert result.message.startswith("not taken into use")


def test_one_odd_digit_given_many_times_is_no_evidence() -> None:
    again = [correction("Z", 7, 2)] * 9
    result = teach([*confirmed(), *again], classifier(), votes=NEAR)
    assert result.corrected == 1
    assert result.profile is None


def test_of_two_answers_for_a_tile_the_last_one_counts() -> None:
    wrong, right = correction("7", 1, 7), correction("7", 7, 7)
    assert teach([wrong, right], classifier()).confirmed == 1
    assert teach([right, wrong], classifier()).corrected == 1


def test_answers_of_no_digit_teach_nothing() -> None:
    nothing = [correction(c, None, None, 90) for c in "ABCDEFGHKLMNP"]
    assert teach(nothing, classifier()).needed == 10
    result = teach([*confirmed(), *odd_sevens(8), *nothing], classifier(), votes=NEAR)
    assert result.trial is not None
    assert result.trial.n == 18


def test_each_digit_is_read_with_what_the_others_teach_alone() -> None:
    rng = np.random.default_rng(4)
    features = rng.normal(size=(30, 8)).astype(np.float32)
    probabilities = rng.dirichlet(np.ones(10), 30).astype(np.float32)
    answers = rng.integers(0, 10, 30).astype(np.uint8)
    votes = Votes(5, 0.1, 6.0)
    trial = try_out(probabilities, features, answers, votes)
    units, right = directions(features), []
    for i in range(30):
        rest = np.arange(30) != i
        near = units[i : i + 1] @ units[rest].T
        after = voted(probabilities[i : i + 1], near, answers[rest], votes)
        right.append(int(after.argmax()) == answers[i])
    assert trial.errors_after == 30 - sum(right)
    assert trial.errors_before == int((probabilities.argmax(axis=1) != answers).sum())


@pytest.mark.parametrize(("fixed", "broken"), list(product(range(6), range(3))))
def test_the_posterior_is_that_of_a_uniform_prior(fixed: int, broken: int) -> None:
    # of the fraction fixed among the changed: Beta(1 + fixed, 1 + broken), above one half
    grid = (np.arange(20_000) + 0.5) / 20_000
    density = grid**fixed * (1 - grid) ** broken
    expected = density[grid > 0.5].sum() / density.sum()
    assert teaching._binomial(fixed + broken + 1, 0, fixed, 0.5) == pytest.approx(
        expected, abs=1e-4
    )


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (3, 3), (2, 7), (19, 40), (0, 0)])
def test_the_interval_is_exact(successes: int, n: int) -> None:
    low, high = teaching._interval(successes, n)
    assert 0 <= low <= (successes / n if n else 0.5) <= high <= 1
    if successes:
        assert teaching._binomial(n, successes, n, low) == pytest.approx(0.05, abs=1e-6)
    if successes < n:
        assert teaching._binomial(n, 0, successes, high) == pytest.approx(0.05, abs=1e-6)
    assert not math.isnan(low + high)


def test_the_change_for_others_is_told_on_drawn_digits_without_mnist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mnist, "load_at_hand", lambda part, directory=None: None)
    reference = Reference.open(classifier())
    assert (reference.name, len(reference.labels)) == ("drawn digits", 500)
    result = teach([*confirmed(), *odd_sevens(8)], classifier(), reference, NEAR)
    assert result.reference is not None
    assert result.reference["data"] == "drawn digits"
    assert result.reference["n"] == 500
    assert result.profile is not None
    after = result.profile.applied(reference.probabilities, reference.features)
    wrong = int((after.argmax(axis=1) != reference.labels).sum())
    assert result.reference["errors_after"] == wrong
    assert result.reference["errors_before"] < 10  # of 500, by the network alone


def test_a_correction_against_its_neighbours_is_asked_about() -> None:
    known = [correction("7", 7, 7, height) for height in range(80, 100, 3)]
    new = correction("7", 1, 7, 105)
    against = contradicting(new.tile, 1, known, classifier())
    assert 3 <= len(against) <= 5
    assert {each.answer for each in against} == {7}
    assert contradicting(new.tile, 7, known, classifier()) == []
    assert contradicting(new.tile, 1, known[:2], classifier()) == []
    assert contradicting(new.tile, 1, [], classifier()) == []
    assert contradicting(correction("2", 2, 2).tile, 2, known, classifier()) == []
    assert contradicting(new.tile, None, known, classifier()) == against


def test_mnist_at_hand_is_never_fetched(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "fetch", lambda *_: pytest.fail("fetched"))
    monkeypatch.setattr(mnist, "cache_directory", lambda: tmp_path)
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    assert mnist.load_at_hand("test", str(tmp_path)) is None
