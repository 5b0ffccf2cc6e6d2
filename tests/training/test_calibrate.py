from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.training.calibrate import calibrate, logistic, temperature


def honest(count: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Logits, and labels that occur just as often as their softmax says."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (count, 10)).astype(np.float32)
    # the greatest of logits with Gumbel noise is distributed as their softmax
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1).astype(np.uint8)
    return logits, labels


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_temperature_undoes_a_known_scaling(scale: float) -> None:
    logits, labels = honest(6000)
    assert temperature(scale * logits, labels) == pytest.approx(scale, rel=0.06)


def test_temperature_stands_logits_that_would_overflow() -> None:
    logits = np.array([[1e4, 0] + [-1e4] * 8, [0, 1e4] + [-1e4] * 8], np.float32)
    assert np.isfinite(temperature(logits, np.array([0, 1], np.uint8)))


def test_the_curve_lies_between_digits_and_clutter() -> None:
    rng = np.random.default_rng(0)
    digits, clutter = rng.normal(10, 1, 2000), rng.normal(4, 1, 500)

    centre, scale = logistic(digits.astype(np.float32), clutter.astype(np.float32))

    chance = 1 / (1 + np.exp(-(np.concatenate([digits, clutter]) - centre) / scale))
    assert centre == pytest.approx(7, abs=0.5)
    assert chance[:2000].mean() > 0.98
    assert chance[2000:].mean() < 0.02


def test_every_value_can_be_divided_by_even_where_nothing_can_be_told_apart() -> None:
    same = np.zeros((50, 10), np.float32)
    values = calibrate(same, np.zeros(50, np.uint8), same)

    assert sorted(values) == ["digit_energy", "digit_scale", "temperature"]
    assert all(np.isfinite(value) for value in values.values())
    assert values["temperature"] > 0
    assert values["digit_scale"] > 0
