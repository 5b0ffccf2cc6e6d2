from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits import Classifier
from digits.model.explain import Explanation, explain

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def left_is_3_right_is_5(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """A network for which ink on the left speaks for 3 and ink on the right for 5."""
    logits = np.full((len(tiles), 10), -9, np.float32)
    logits[:, 3] = tiles[:, :, :14].sum(axis=(1, 2))
    logits[:, 5] = tiles[:, :, 14:].sum(axis=(1, 2))
    return logits


def test_ink_speaks_for_what_it_makes_likelier() -> None:
    tile = np.zeros((28, 28), np.uint8)
    tile[4:24, 4:8], tile[10:20, 20:23] = 255, 255
    why = explain(left_is_3_right_is_5, tile)
    assert (why.answer, why.runner_up) == (3, 5)
    assert (why.evidence[4:24, 4:8] > 0).all()
    assert (why.evidence[10:20, 20:23] < 0).all()
    assert (why.evidence[tile == 0] == 0).all()
    assert (why.tile == tile).all()


def test_an_answer_that_is_not_the_likeliest_can_be_explained() -> None:
    tile = np.zeros((28, 28), np.uint8)
    tile[4:24, 4:8], tile[10:20, 20:23] = 255, 255
    why = explain(left_is_3_right_is_5, tile, 5)
    assert (why.answer, why.runner_up) == (5, 3)
    assert (why.evidence[4:24, 4:8] < 0).all()
    assert (why.evidence[10:20, 20:23] > 0).all()


def test_a_blank_tile_has_no_evidence() -> None:
    why = Classifier().explain(np.zeros((28, 28), np.uint8))
    assert not why.evidence.any()
    assert why.answer != why.runner_up


def test_taking_the_best_ink_away_hurts_more_than_taking_the_worst(mnist_test: Mnist) -> None:
    classifier = Classifier()
    better = 0
    for tile in mnist_test[0][:100]:
        why = classifier.explain(tile)
        order = np.argsort(np.where(tile > 0, why.evidence, np.nan), axis=None)
        inked = order[: (tile > 0).sum()]
        some = len(inked) // 5
        worst, best = tile.copy(), tile.copy()
        worst.flat[inked[:some]] = 0
        best.flat[inked[-some:]] = 0
        without_worst, without_best = classifier.logits(np.stack([worst, best]))
        better += margin(without_best, why) < margin(without_worst, why)
    assert better >= 85


def margin(logits: NDArray[np.float32], why: Explanation) -> float:
    return float(logits[why.answer] - logits[why.runner_up])


def test_answer_and_runner_up_are_the_two_likeliest(mnist_test: Mnist) -> None:
    classifier = Classifier()
    tiles = mnist_test[0][:10]
    for tile, row in zip(tiles, classifier.probabilities(tiles), strict=True):
        why = classifier.explain(tile)
        assert [why.answer, why.runner_up] == np.argsort(-row)[:2].tolist()
        as_shares = classifier.explain(tile / 255).evidence
        assert as_shares == pytest.approx(why.evidence, abs=1e-4)


@pytest.mark.parametrize("shape", [(28,), (1, 28, 28), (27, 28)])
def test_anything_but_one_tile_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected \\(N, 28, 28\\)"):
        Classifier().explain(np.zeros(shape, np.uint8))
