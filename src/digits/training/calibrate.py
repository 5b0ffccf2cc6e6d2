"""Calibration of a classifier on validation digits: temperature, and energy → is_digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.classifier import energy

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 400))
ACCEPTED = 0.9975  # minimum fraction of validation digits with is_digit of 0.5 or more
STEPS = 50  # of Newton's method, which needs about ten


def calibrate(
    logits: NDArray[np.float32], labels: NDArray[np.uint8], clutter: NDArray[np.float32]
) -> dict[str, float]:
    """The temperature, and the logistic function from energy to is_digit, as in model.json.

    logits: (N, 10) float32 of validation digits; labels: (N,) uint8; clutter: (M, 10) float32,
    logits of tiles without a digit. digit_energy and digit_scale are centre and width of the
    logistic function.
    """
    energies = energy(logits)
    centre, scale = logistic(energies, energy(clutter))
    maximum = float(np.quantile(energies, 1 - ACCEPTED))
    return {
        "temperature": round(temperature(logits, labels), 4),
        "digit_energy": round(min(centre, maximum), 4),
        "digit_scale": max(round(scale, 4), 1e-4),
    }


def logistic(yes: NDArray[np.float32], no: NDArray[np.float32]) -> tuple[float, float]:
    """Centre and width of the logistic regression of class on value, both classes weighted alike.

    yes, no: (N,) and (M,) float32 values of the two classes. The width is at least a fiftieth of
    the distance of the means, also where the two do not overlap.
    """
    value = np.concatenate([yes, no]).astype(np.float64)
    target = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    weight = np.concatenate([np.full(len(yes), 0.5 / len(yes)), np.full(len(no), 0.5 / len(no))])
    middle = (yes.mean() + no.mean()) / 2
    distance = max(float(yes.mean() - no.mean()), 1e-3)
    features = np.stack([(value - middle) / distance, np.ones_like(value)])
    slope = np.zeros(2)
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-np.clip(slope @ features, -60, 60)))
        gradient = features @ (weight * (probability - target)) + 1e-4 * slope
        curvature = (
            features * (weight * probability * (1 - probability))
        ) @ features.T + 1e-4 * np.eye(2)
        slope = slope - np.linalg.solve(curvature, gradient)
    steepness = float(np.clip(slope[0], 1.0, 50.0))
    return float(middle - distance * slope[1] / steepness), distance / steepness


def temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The divisor of logits (N, 10) with the lowest log-loss on labels (N,).

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
    """
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)

    def log_loss(divisor: float) -> float:
        scaled = wide / divisor
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float((total - scaled[rows, labels]).mean())

    return float(min(TEMPERATURES, key=log_loss))
