from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.classifier import SURE, WORTH, Classifier
from digits.model.tta import views

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def shares(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    return tiles.astype(np.float32) / np.float32(255)


def test_each_view_differs_and_keeps_the_ink(mnist_test: Mnist) -> None:
    tiles = shares(mnist_test[0][:50])
    seen = views(tiles)

    assert (seen.shape, seen.dtype) == ((13, 50, 28, 28), np.float32)
    assert (seen[0] == tiles).all()
    assert ((seen >= 0) & (seen <= 1)).all()
    differences = np.abs(seen[:, None] - seen[None]).sum(axis=(2, 3, 4))
    assert (differences[~np.eye(13, dtype=bool)] > 1).all()
    ink = seen.sum(axis=(2, 3))
    assert ink == pytest.approx(np.broadcast_to(ink[0], ink.shape), rel=0.25)


def test_views_are_centred_on_the_whole(mnist_test: Mnist) -> None:
    seen = views(shares(mnist_test[0][:50]))
    pixels = np.arange(28)
    places = [(seen * axis).sum(axis=(2, 3)) / seen.sum(axis=(2, 3))
              for axis in (pixels[:, None], pixels[None, :])]  # fmt: skip
    for place in places:
        assert place.mean(axis=0) == pytest.approx(place[0], abs=0.35)


def test_only_what_is_doubted_is_looked_at_again(mnist_test: Mnist) -> None:
    classifier, tiles = Classifier(), mnist_test[0]
    first = np.exp(classifier.logits(tiles) / classifier.model.calibration["temperature"])
    first /= first.sum(axis=1, keepdims=True)
    probabilities, is_digit = classifier.classify(tiles)

    plain = Classifier(tta=False)
    assert plain.probabilities(tiles) == pytest.approx(first, abs=1e-5)
    assert (plain.is_digit(tiles) == is_digit).all()
    doubted = (first.max(axis=1) < SURE) & (is_digit > WORTH)
    assert 0 < doubted.mean() < 0.02
    assert probabilities[~doubted] == pytest.approx(first[~doubted], abs=1e-5)
    some = tiles[doubted][:5]
    over = (
        classifier.logits(views(shares(some)).reshape(-1, 28, 28)).reshape(13, -1, 10).mean(axis=0)
    )
    again = np.exp(over / classifier.model.calibration["temperature"])
    assert classifier.probabilities(some) == pytest.approx(
        again / again.sum(axis=1, keepdims=True), abs=1e-5
    )


def test_what_is_no_digit_gets_no_second_look() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
    noise[:25] = 0
    classifier, plain = Classifier(), Classifier(tta=False)
    noise = noise[classifier.is_digit(noise) < WORTH]
    assert (plain.probabilities(noise).max(axis=1) < SURE).sum() > 25
    assert (classifier.probabilities(noise) == plain.probabilities(noise)).all()


def test_doubted_tiles_are_the_same_as_shares_of_ink_and_alone(mnist_test: Mnist) -> None:
    classifier, plain = Classifier(), Classifier(tta=False)
    tiles = mnist_test[0][(plain.probabilities(mnist_test[0]).max(axis=1) < SURE)][:5]
    together = classifier.probabilities(tiles)
    assert classifier.probabilities(shares(tiles)) == pytest.approx(together, abs=1e-4)
    for tile, row in zip(tiles, together, strict=True):
        assert classifier.probabilities(tile[None])[0] == pytest.approx(row, abs=1e-4)
        why = classifier.explain(tile)
        assert [why.answer, why.runner_up] == np.argsort(-row)[:2].tolist()
    assert classifier.probabilities(tiles[:0]).shape == (0, 10)
    assert views(shares(tiles[:0])).shape == (13, 0, 28, 28)
