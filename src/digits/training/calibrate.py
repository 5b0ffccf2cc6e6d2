"""What a network's logits are worth, measured on digits it did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.classifier import energy

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 400))
ACCEPTED = 0.9975  # of digits, that is_digit calls likelier than not: a reader misses none gladly
STEPS = 50  # of Newton's method, which needs about ten


def calibrate(
    logits: NDArray[np.float32], labels: NDArray[np.uint8], clutter: NDArray[np.float32]
) -> dict[str, float]:
    """Temperature, and the logistic curve from energy to is_digit, as model.json keeps them.

    logits: (N, 10) float32 of digits kept back; labels: (N,); clutter: (M, 10) float32, logits of
    ink that is no digit.
    """
    energies = energy(logits)
    centre, scale = logistic(energies, energy(clutter))
    least = float(np.quantile(energies, 1 - ACCEPTED))
    return {
        "temperature": round(temperature(logits, labels), 4),
        "digit_energy": round(min(centre, least), 4),
        "digit_scale": max(round(scale, 4), 1e-4),
    }


def logistic(yes: NDArray[np.float32], no: NDArray[np.float32]) -> tuple[float, float]:
    """Centre and width of the logistic curve that best tells `yes` from `no`, both weighing alike.

    yes, no: (N,) and (M,) float32. The width is at least a fiftieth of the distance of the
    means, also where the two do not overlap.
    """
    value = np.concatenate([yes, no]).astype(np.float64)
    wanted = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    weight = np.concatenate([np.full(len(yes), 0.5 / len(yes)), np.full(len(no), 0.5 / len(no))])
    middle, apart = (yes.mean() + no.mean()) / 2, max(float(yes.mean() - no.mean()), 1e-3)
    features = np.stack([(value - middle) / apart, np.ones_like(value)])
    slope = np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(slope @ features, -60, 60)))
        gradient = features @ (weight * (chance - wanted)) + 1e-4 * slope
        curvature = (features * (weight * chance * (1 - chance))) @ features.T + 1e-4 * np.eye(2)
        slope = slope - np.linalg.solve(curvature, gradient)
    steepness = float(np.clip(slope[0], 1.0, 50.0))
    return float(middle - apart * slope[1] / steepness), apart / steepness


def temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The divisor of the logits that gives the lowest log-loss (Guo et al. 2017)."""
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)

    def log_loss(divisor: float) -> float:
        scaled = wide / divisor
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float((total - scaled[rows, labels]).mean())

    return float(min(TEMPERATURES, key=log_loss))
