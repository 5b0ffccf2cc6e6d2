"""A model that gives the answers it was made with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits.model.explain import Explanation, explain


@dataclass(frozen=True, eq=False)
class Answering:
    answers: NDArray[np.float32]

    def probabilities(self, tiles: ArrayLike) -> NDArray[np.float32]:
        return self.answers[: len(np.asarray(tiles))]

    def explain(self, tile: ArrayLike) -> Explanation:
        return explain(lambda tiles: np.log(self.probabilities(tiles)), np.asarray(tile, np.uint8))
