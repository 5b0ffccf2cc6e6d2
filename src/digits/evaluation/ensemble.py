"""Several networks asked together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits.model.classifier import Classifier


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Networks that answer as one: the mean of their probabilities, and of their is_digit."""

    members: tuple[Classifier, ...]

    def judge(self, tiles: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Tiles (N, 28, 28) → probabilities (N, 10) and is_digit (N,), float32."""
        judged = [member.judge(tiles) for member in self.members]
        probabilities, is_digit = (np.mean(part, axis=0) for part in zip(*judged, strict=True))
        return probabilities, is_digit
