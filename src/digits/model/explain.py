"""Which ink spoke for an answer, and which against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from digits.model.spec import TILE

STEP = 2  # pixels from one patch to the next
REACH = 1.5  # standard deviation of a patch in pixels


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a tile was taken for `answer` rather than for `runner_up`.

    tile: (28, 28) uint8. evidence: (28, 28) float32, in nats: by how much the log-odds of the
    answer to the runner-up fall when the ink around a pixel is taken away. Above 0 where ink
    spoke for the answer, below 0 where it spoke for the runner-up, 0 where there is none.
    """

    tile: NDArray[np.uint8]
    answer: int
    runner_up: int
    evidence: NDArray[np.float32]


def explain(
    log_odds: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    tile: NDArray[np.uint8],
    answer: int | None = None,
) -> Explanation:
    """Take ink away place by place and measure how the log-odds of the answer change.

    log_odds: tiles (N, 28, 28) float32 in [0, 1] → (N, 10), calibrated logits. tile: (28, 28)
    uint8. answer: the digit to explain; None for the likeliest. The runner-up is the likeliest
    of the others. Occlusion: Zeiler and Fergus 2014, "Visualizing and Understanding
    Convolutional Networks"; here the ink is covered with paper, with a soft edge.
    """
    ink = tile.astype(np.float32) / 255
    patches = _patches()
    patches = patches[(patches * ink).max(axis=(1, 2)) > 0.1]
    scores = log_odds(np.concatenate([ink[None], ink * (1 - patches)]))
    likeliest = [int(digit) for digit in np.argsort(scores[0], kind="stable")[::-1]]
    answer = likeliest[0] if answer is None else answer
    runner_up = next(digit for digit in likeliest if digit != answer)
    margins = scores[:, answer] - scores[:, runner_up]
    falls = (margins[0] - margins[1:])[:, None, None]
    weight = np.maximum(patches.sum(axis=0), 1e-6)
    evidence = ink * (falls * patches).sum(axis=0) / weight
    return Explanation(tile, answer, runner_up, evidence.astype(np.float32))


@cache
def _patches() -> NDArray[np.float32]:
    """(196, 28, 28) in [0, 1]: soft round patches, all over the tile; 1 takes all ink away."""
    pixels = np.arange(TILE)
    bells = np.exp(-0.5 * ((pixels[None] - pixels[::STEP, None] - 0.5) / REACH) ** 2)
    patches = np.einsum("iy,jx->ijyx", bells, bells).reshape(-1, TILE, TILE)
    return np.asarray(patches / patches.max(axis=(1, 2), keepdims=True), np.float32)
