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
    """Of N places of a picture.

    finder: (N, 10) logits; recogniser: (N, 10) chances that a strip's text has each digit there;
    classifier: (N, 10) probabilities, if it is a digit; is_digit: (N,) that of the classifier.
    size: (N,) height in pixels.
    """

    finder: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    classifier: NDArray[np.float32]
    is_digit: NDArray[np.float32]
    size: NDArray[np.float32]

    def features(self) -> NDArray[np.float64]:
        """(N, 10, 10): of each digit at each place the logarithms of odds, and 1; then the same
        times how coarse it is, from 0 to 1."""
        shape = (len(self.finder), CLASSES)
        plain = np.stack(
            [
                np.clip(self.finder, WORST, -WORST),
                _log_odds(self.recogniser),
                np.maximum(np.log(np.maximum(self.classifier, 1e-9)), WORST),
                np.broadcast_to(_log_odds(self.is_digit)[:, None], shape),
                np.ones(shape),
            ],
            axis=-1,
        )
        coarse = np.clip((FINE - self.size) / (FINE - COARSE), 0, 1)[:, None, None]
        return np.concatenate([plain, plain * coarse], axis=-1)


FINE, COARSE = 20.0, 8.0  # pixels; higher digits are seen as well as can be, lower ones badly
WEIGHTS = (1.0, 0.39, 0.24, 0.04, 0.06, 0.21, 0.06, -0.29, -0.07, -0.95)
"""Of the features; fitted by benchmarks/weigh.py on pages of writers, papers and typefaces that no
network learned from."""
USUAL = 0.65  # share of the places that hold a digit, on those pages
PATIENCE = 3  # places, to whose number those of a page are added
RAREST = 0.01  # the least share of digits, and of others, that a page is thought to have
ROUNDS = 12


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


def on_this_page(is_digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) chances that places hold a digit, (N,) as on any page, for the page that they are of.

    On a page of letters one place of hundreds is a digit, in a table nearly all are: how many is
    seen from the places themselves (Saerens et al. 2002, DOI 10.1162/089976602753284446).
    """
    odds = np.asarray(is_digit, np.float64)
    odds = odds / np.maximum(1 - odds, 1e-9) * ((1 - USUAL) / USUAL)
    share, chance = USUAL, odds
    for _ in range(ROUNDS):
        chance = odds * share / (odds * share + 1 - share)
        share = (chance.sum() + PATIENCE * USUAL) / (len(odds) + PATIENCE)
        share = float(np.clip(share, RAREST, 1 - RAREST))
    return np.asarray(chance, np.float32)


def _log_odds(chance: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    kept = np.clip(np.asarray(chance, np.float64), 1e-9, 1 - 1e-9)
    return np.clip(np.log(kept / (1 - kept)), WORST, -WORST)
