"""Augmented crops: the same ink, displaced a little, in other light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digits.training.augment.degrade import degrade, elastic


@pytest.fixture
def crop() -> NDArray[np.uint8]:
    picture = np.full((48, 160), 200, np.uint8)
    cv2.putText(picture, "305", (20, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 40, 3)
    return picture


@pytest.mark.parametrize("seed", range(40))
def test_pictures_stay_pictures(crop: NDArray[np.uint8], seed: int) -> None:
    before = crop.copy()
    for change in (degrade, lambda grey, rng: elastic(grey, 1.5, rng)):
        once, again = (change(crop, np.random.default_rng(seed)) for _ in range(2))
        assert once.shape == crop.shape
        assert once.dtype == np.uint8
        assert np.array_equal(once, again)
    assert np.array_equal(crop, before)


def test_most_degraded_crops_differ(crop: NDArray[np.uint8]) -> None:
    results = {degrade(crop, np.random.default_rng(seed)).tobytes() for seed in range(40)}
    assert len(results) > 15


def test_elastic_distortion_moves_ink_by_a_few_pixels(crop: NDArray[np.uint8]) -> None:
    ink = crop < 120
    reach = cv2.dilate(ink.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    moved = [elastic(crop, 1.5, np.random.default_rng(seed)) < 120 for seed in range(20)]
    assert all(not (each & ~reach).any() for each in moved)
    assert all(each.sum() > 0.7 * ink.sum() for each in moved)
    assert np.mean([(each != ink).mean() for each in moved]) > 0.005
