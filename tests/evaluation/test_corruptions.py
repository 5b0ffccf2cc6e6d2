from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.evaluation.corruptions import CORRUPTIONS, corrupted

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_kind_damages_every_digit_the_same_way_again(kind: str, mnist_test: Mnist) -> None:
    tiles = mnist_test[0][:100]
    before = tiles.copy()

    damaged = corrupted(tiles, kind)

    assert damaged.shape == tiles.shape
    assert damaged.dtype == np.uint8
    assert (tiles == before).all()
    assert (damaged == corrupted(tiles, kind)).all()
    assert (damaged != corrupted(tiles, kind, seed=1)).any()
    assert (damaged != tiles).any(axis=(1, 2)).mean() > 0.6


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_no_kind_destroys_the_digit(kind: str, mnist_test: Mnist) -> None:
    tiles = mnist_test[0][:100]
    pairs = zip(tiles, corrupted(tiles, kind), strict=True)
    like = [np.corrcoef(tile.ravel(), damaged.ravel())[0, 1] for tile, damaged in pairs]
    assert np.median(like) > 0.4


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_blank_and_full_tiles_are_no_trouble(kind: str) -> None:
    tiles = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])
    assert corrupted(tiles, kind).shape == (2, 28, 28)
