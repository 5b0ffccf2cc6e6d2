"""What a network's logits are worth, measured on digits it did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.classifier import energy

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 400))
REFUSED = 0.002  # share of true digits that the energy test may turn away


def calibrate(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, float]:
    """Temperature, and the logistic curve from energy to is_digit, as model.json keeps them.

    logits: (N, 10) float32 of digits kept back; labels: (N,).
    """
    energies = energy(logits)
    lowest, middle = np.quantile(energies, [REFUSED, 0.5])
    return {
        "temperature": round(temperature(logits, labels), 4),
        "digit_energy": round(float(lowest), 4),
        # a typical digit gets 0.998, one at the limit 0.5
        "digit_scale": round(float(middle - lowest) / 6, 4),
    }


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
