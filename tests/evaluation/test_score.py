from __future__ import annotations

import numpy as np
import pytest
from answering import Answering
from numpy.typing import NDArray

from digits.errors import ModelError
from digits.evaluation.disputed import DISPUTED_TEST_LABELS
from digits.evaluation.score import TestSet, compare, mistakes, score
from digits.evaluation.screen import summary
from digits.evaluation.wording import percent, rated, verdict

LABELS = np.array([0, 1, 2, 3], np.uint8)
TILES = np.zeros((4, 28, 28), np.uint8)
SET = TestSet("four digits", TILES, LABELS, {1: (7,)})


def answers(*rows: tuple[int, float, int]) -> NDArray[np.float32]:
    """Rows of (answer, its confidence, runner-up), the runner-up having the rest."""
    result = np.zeros((len(rows), 10), np.float32)
    for row, (answer, confidence, runner_up) in zip(result, rows, strict=True):
        row[answer], row[runner_up] = confidence, 1 - confidence
    return result


GOOD = answers((0, 0.9, 1), (7, 0.6, 1), (2, 0.9, 1), (8, 0.8, 3))
BAD = answers((0, 0.9, 1), (7, 0.6, 1), (5, 0.9, 1), (8, 0.8, 3))


def test_mistakes_come_most_confident_first_with_what_people_saw() -> None:
    first, second = mistakes(score("m", Answering(GOOD), SET), SET)

    assert (first.index, first.label, first.answer, first.runner_up) == (3, 3, 8, 3)
    assert first.confidence == pytest.approx(0.8)
    assert (second.index, second.raters) == (1, (7,))
    assert first.raters is None


def test_models_are_compared_with_the_best_one() -> None:
    bad, good = score("bad", Answering(BAD), SET), score("good", Answering(GOOD), SET)

    (comparison,) = compare([bad, good], SET)

    assert (comparison.better, comparison.other) == (good, bad)
    assert (comparison.test.only_first_right, comparison.test.only_second_right) == (1, 0)
    assert "may well be chance (exact McNemar test, p = 1)" in verdict(comparison)


def test_the_line_for_json_has_the_keys_of_the_contract() -> None:
    line = score("m", Answering(GOOD), SET).to_dict()

    assert {
        *("model", "data", "n", "errors", "accuracy", "interval", "per_class", "confusion"),
        *("log_loss", "ece", "accuracy_without_disputed", "seconds", "risk_coverage"),
    } <= set(line)
    assert (line["model"], line["data"], line["n"]) == ("m", "four digits", 4)


def test_a_model_that_answers_nonsense_is_refused() -> None:
    with pytest.raises(ModelError, match="expected probabilities"):
        score("m", Answering(3 * GOOD), SET)


def test_the_summary_is_plain_and_says_what_is_taken_for_what() -> None:
    text = summary(score("m", Answering(GOOD), SET))

    assert text.isascii()
    assert "50.00 %" in text
    assert "2 errors" not in text.splitlines()[0]
    assert "8  (1 time)" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_summary_says_what_can_be_kept_and_where_to_cut() -> None:
    sure, unsure = answers((0, 0.9, 1)), answers((5, 0.7, 1))

    def said(*rows: NDArray[np.float32]) -> str:
        return summary(score("m", Answering(np.concatenate(rows)), SET))

    some = said(sure, unsure, np.roll(sure, 2, axis=1), np.roll(sure, 3, axis=1))
    assert "coverage at 99.9 %    75.00 %   of answers, those of 89 % and more; 0 errors" in some
    assert "coverage at 99.99 %   75.00 %" in some
    all_right = said(*(np.roll(sure, digit, axis=1) for digit in range(4)))
    assert "coverage at 99.9 %   100.00 %   of answers; 0 errors" in all_right
    none = said(unsure, unsure, unsure, unsure)
    assert (
        "coverage at 99.9 %     0.00 %   of answers; even the surest are wrong more often" in none
    )


def test_fifteen_labels_are_disputed() -> None:
    assert len(DISPUTED_TEST_LABELS) == 15
    assert all(0 <= index < 10_000 for index in DISPUTED_TEST_LABELS)


def test_disputed_labels_are_those_of_the_mnist_test_set(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    _, labels = mnist_test

    given = [int(labels[index]) for index in sorted(DISPUTED_TEST_LABELS)]
    assert given == [8, 0, 9, 4, 2, 5, 6, 6, 5, 5, 0, 1, 4, 6, 5]


@pytest.mark.parametrize(("raters", "words"), [((), "neither"), ((9,), "9"), ((4, 9), "4 or 9")])
def test_what_people_saw_in_words(raters: tuple[int, ...], words: str) -> None:
    assert rated(raters) == words


def test_percent_without_a_rate_is_a_dash() -> None:
    assert (percent(0.9961), percent(None)) == ("99.61 %", "-")
