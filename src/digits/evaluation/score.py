"""Scores of models on a test set, comparisons and mistakes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from digits.evaluation.metrics import Evaluation, McNemar, evaluate, mcnemar
from digits.model.explain import Explanation

Tiles = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]


class Model(Protocol):
    """The protocol of a model that can be scored."""

    def probabilities(self, tiles: npt.ArrayLike, /) -> Probabilities:
        """(N, 28, 28) uint8 → (N, 10) float32."""
        ...

    def explain(self, tile: npt.ArrayLike, /) -> Explanation:
        """The attribution of one tile (28, 28) uint8."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """Labelled digits that no model was trained on.

    tiles: (N, 28, 28) uint8, ink bright. labels: (N,) uint8.
    disputed: index → the digits that raters gave instead of the label.
    """

    __test__ = False  # not a test class of pytest

    name: str
    tiles: Tiles
    labels: npt.NDArray[np.uint8]
    disputed: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The score of one model on a test set.

    model: its name. probabilities: (N, 10) float32. seconds: wall time for all N digits, without
    opening the model. asked: the model itself.
    """

    model: str
    data: str
    probabilities: Probabilities
    evaluation: Evaluation
    seconds: float
    asked: Model

    @property
    def answers(self) -> npt.NDArray[np.int64]:
        """(N,) int64: the likeliest digit of each tile."""
        answers: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return answers

    def to_dict(self) -> dict[str, Any]:
        """The line of `digits evaluate --json`: all metrics, without the probabilities."""
        return {
            "model": self.model,
            "data": self.data,
            **self.evaluation.to_dict(),
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The more accurate of two models, the other, and McNemar's test of the difference."""

    better: Score
    other: Score
    test: McNemar


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A wrong answer: index in the test set, the two likeliest digits, their probabilities.

    raters: the digits that raters gave instead of a disputed label; None if it is not disputed.
    """

    index: int
    tile: npt.NDArray[np.uint8]
    label: int
    answer: int
    confidence: float
    runner_up: int
    runner_up_confidence: float
    raters: tuple[int, ...] | None


def score(name: str, model: Model, test_set: TestSet) -> Score:
    """Evaluate a model's probabilities on a test set.

    name: of the model in reports. Raises ModelError if it gives no valid probabilities.
    """
    start = time.perf_counter()
    probabilities = model.probabilities(test_set.tiles)
    seconds = time.perf_counter() - start
    evaluation = evaluate(probabilities, test_set.labels, test_set.disputed)
    return Score(name, test_set.name, probabilities, evaluation, seconds, model)


def compare(scores: Sequence[Score], test_set: TestSet) -> tuple[Comparison, ...]:
    """The most accurate model compared with each of the others on the same digits."""
    best = max(scores, key=lambda score: score.evaluation.accuracy)
    best_right = best.answers == test_set.labels
    return tuple(
        Comparison(best, other, mcnemar(best_right, other.answers == test_set.labels))
        for other in scores
        if other is not best
    )


def mistakes(score: Score, test_set: TestSet) -> tuple[Mistake, ...]:
    """All wrong answers, the most confident first."""
    wrong = np.flatnonzero(score.answers != test_set.labels)
    by_confidence = wrong[np.argsort(-score.probabilities[wrong].max(axis=1), kind="stable")]
    return tuple(_mistake(int(index), score, test_set) for index in by_confidence)


def _mistake(index: int, score: Score, test_set: TestSet) -> Mistake:
    row = score.probabilities[index]
    answer, runner_up = (int(digit) for digit in np.argsort(-row, kind="stable")[:2])
    return Mistake(
        index=index,
        tile=test_set.tiles[index],
        label=int(test_set.labels[index]),
        answer=answer,
        confidence=float(row[answer]),
        runner_up=runner_up,
        runner_up_confidence=float(row[runner_up]),
        raters=test_set.disputed.get(index),
    )
