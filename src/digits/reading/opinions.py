"""What finder, recogniser and classifier think of a place, and what follows from all three.

None of them decides alone: a letter looks like a digit to the classifier, which sees no more than
that; a thin 1 is lost by the recogniser; the finder takes parts of a word for digits. Each opinion
is a logarithm of odds; their weighted sums for ten digits, and 0 for none, go through a softmax
(logistic opinion pool, Genest and Zidek 1986, DOI 10.1214/ss/1177013825).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES = 10
WORST = -7.0  # logarithm of odds, below which an opinion counts no more


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Of N places. finder: (N, 10) logits; recogniser: (N, 10) chances that a strip's text has
    each digit there; classifier: (N, 10) probabilities, if it is a digit; is_digit: (N,) that of
    the classifier."""

    finder: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    classifier: NDArray[np.float32]
    is_digit: NDArray[np.float32]

    def features(self) -> NDArray[np.float64]:
        """(N, 10, 5): of each digit at each place the logarithms of odds, and 1."""
        count = len(self.finder)
        return np.stack(
            [
                np.clip(self.finder, WORST, -WORST),
                _log_odds(self.recogniser),
                np.maximum(np.log(np.maximum(self.classifier, 1e-9)), WORST),
                np.broadcast_to(_log_odds(self.is_digit)[:, None], (count, CLASSES)),
                np.ones((count, CLASSES)),
            ],
            axis=-1,
        )


WEIGHTS = (0.5, 0.5, 0.5, 0.15, 0.0)
"""Of finder, recogniser, classifier, its is_digit, and 1; fitted by benchmarks/weigh.py on pages of
writers, papers and typefaces that none of them learned from."""


def pooled(
    opinions: Opinions, weights: tuple[float, ...] = WEIGHTS
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(N, 10) float32 probabilities of the digits, if there is one, and (N,) that there is."""
    scores = opinions.features() @ np.array(weights)
    top = np.maximum(scores.max(axis=1, initial=0.0), 0.0)[:, None]
    raised, none = np.exp(scores - top), np.exp(-top[:, 0])
    total = raised.sum(axis=1)
    return (
        np.asarray(raised / np.maximum(total, 1e-30)[:, None], np.float32),
        np.asarray(total / (total + none), np.float32),
    )


def _log_odds(chance: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    kept = np.clip(np.asarray(chance, np.float64), 1e-9, 1 - 1e-9)
    return np.clip(np.log(kept / (1 - kept)), WORST, -WORST)
