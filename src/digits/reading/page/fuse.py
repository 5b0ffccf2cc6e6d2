"""What detector, recogniser and classifier think of a place, and what follows from all three.

None of them decides alone: a letter looks like a digit to the classifier, which sees no more than
that; a thin 1 is lost by the recogniser; the detector takes parts of a word for digits. Each
opinion is a logarithm of odds; their weighted sums for ten digits, and 0 for none, go through a
softmax (logistic opinion pool, Genest and Zidek 1986, DOI 10.1214/ss/1177013825).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.model.spec import CLASSES, LINE_DIGIT

WORST = -7.0  # logarithm of odds, below which an opinion counts no more


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Of N places of a picture.

    detector: (N, 10) logits; recogniser: (N, 10) chances that a strip's text has each digit there;
    classifier: (N, 10) probabilities, if it is a digit; is_digit: (N,) that of the classifier.
    size: (N,) height in pixels. company: (N,) from 0 to 1, how many digits beyond doubt stand
    near it on its line. around: (N,) logarithm of how many more places of the picture are digits
    beyond doubt, than are not, compared with the usual. alone: (N,) 1 over how many places there
    are.
    """

    detector: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    classifier: NDArray[np.float32]
    is_digit: NDArray[np.float32]
    size: NDArray[np.float32]
    company: NDArray[np.float64]
    around: NDArray[np.float64]
    alone: NDArray[np.float64]

    def features(self) -> NDArray[np.float64]:
        """(N, 10, 20): of each digit at each place the logarithms of odds, and 1; the same times
        how coarse it is, from 0 to 1, and times its company; the classifier's once more, times how
        far it is to be trusted; then what all ten share: the detector's highest logit, what is
        around, and how alone it is."""
        shape = (len(self.detector), CLASSES)
        seen = np.clip(self.detector, WORST, -WORST)
        plain = np.stack(
            [
                seen,
                _log_odds(self.recogniser),
                np.maximum(np.log(np.maximum(self.classifier, 1e-9)), WORST),
                np.broadcast_to(_log_odds(self.is_digit)[:, None], shape),
                np.ones(shape),
            ],
            axis=-1,
        )
        coarse = np.clip((FINE - self.size) / (FINE - COARSE), 0, 1)
        parts = [plain * part[:, None, None] for part in (coarse, self.company)]
        parts.append(plain[..., 2:4] * self._trust())
        same = [
            np.broadcast_to(value[:, None, None], (*shape, 1))
            for value in (seen.max(axis=1, initial=WORST), self.around, self.alone)
        ]
        return np.concatenate([plain, *parts, *same], axis=-1)

    def _trust(self) -> float:
        """How often the classifier sees the same where the others agree: on smooth paper nearly
        always, on patterned paper its cut-out digits are in pieces."""
        is_agreed = agreed(self.detector, self.recogniser)
        place, digit = np.arange(len(self.detector)), self.recogniser.argmax(axis=1)
        is_same = self.classifier[place, digit] * self.is_digit > 0.5
        count = float((is_agreed & is_same).sum()), float(is_agreed.sum())
        return max((count[0] + KNOWN * TRUST) / (count[1] + KNOWN), LEAST_TRUST)


FINE, COARSE = 20.0, 8.0  # pixels; higher digits are seen as well as can be, lower ones badly
WEIGHTS = (
    *(0.50, 0.40, -0.63, -0.24, -1.93),
    *(-0.03, 0.04, -0.12, 0.01, 0.61),
    *(-0.24, 0.15, 0.05, -0.11, 2.32),
    *(1.12, 0.38, 0.77, 0.64, 0.47),
)
"""Of the features; a quarter of a fit by benchmarks/weigh.py on 1,200 pages of writers, papers and
typefaces that no network learned from, three quarters of the weights before it: docs/log.md."""
NEAR, MANY = 4 * LINE_DIGIT, 3  # columns, in which digits keep company; how many are full company
TRUST, KNOWN = 0.7, 2  # the classifier's share on any page, and how many places that counts for
LEAST_TRUST = 0.6
USUAL = 0.82  # share of the places that hold a digit, on those pages
LEAST_AROUND = -0.5  # a page on which no place is beyond doubt may be faint rather than empty
PATIENCE = 25  # places of the usual kind, that those of a page are added to
DOUBTED = 200  # what places count for at most where they are doubtful: one pen makes all of them so
OCTAVES = 1.0  # standard deviation of sizes that are alike
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


def agreed(detector: NDArray[np.float32], recogniser: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) whether a digit is likelier than not to both, by logits and chances (N, 10)."""
    place, digit = np.arange(len(detector)), detector.argmax(axis=1)
    return np.asarray((detector[place, digit] > 0) & (recogniser[place, digit] > 0.5))


def surroundings(
    detector: NDArray[np.float32],
    recogniser: NDArray[np.float64],
    line: NDArray[np.intp],
    along: NDArray[np.float64],
    size: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Company of each place, (N,) in [0, 1]: how many digits on which detector and recogniser agree
    stand near, MANY being 1; (N,) the logarithm of the odds of such digits among all others of like
    size; and 1 over the number of these.

    detector: (N, 10) logits; recogniser: (N, 10) chances. line, along, size: (N,) where each stands
    and its height in pixels.
    """
    is_agreed, place = agreed(detector, recogniser), np.arange(len(detector))
    off = np.abs(along[:, None] - along)
    near = (line[:, None] == line) & (off < NEAR) & (place[:, None] != place)
    company = np.minimum((near & is_agreed).sum(axis=1) / MANY, 1)
    alike = _alike(size)
    digits = alike @ is_agreed - is_agreed
    others = alike.sum(axis=1) - 1 - digits
    usual = PATIENCE * USUAL, PATIENCE * (1 - USUAL)
    around = np.log((digits + usual[0]) / (others + usual[1]) * usual[1] / usual[0])
    return company, np.maximum(around, LEAST_AROUND), 1 / alike.sum(axis=1)


def on_this_page(is_digit: NDArray[np.float32], size: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) chances that places hold a digit, (N,) as on any page, for the page that they are of.

    On a page of letters one place of hundreds is a digit, in a table nearly all are: how many is
    seen from the places of like size themselves (Saerens et al. 2002, DOI
    10.1162/089976602753284446). size: (N,) heights in pixels.
    """
    alike = _alike(size)
    count = alike.sum(axis=1)
    odds = np.asarray(is_digit, np.float64)
    odds = odds / np.maximum(1 - odds, 1e-9) * ((1 - USUAL) / USUAL)
    share, chance = np.full(len(odds), USUAL), odds
    for _ in range(ROUNDS):
        chance = odds * share / (odds * share + 1 - share)
        mean = alike @ chance / count
        weight = count / np.where(mean < USUAL, 1 + count / DOUBTED, 1)
        share = (weight * mean + PATIENCE * USUAL) / (weight + PATIENCE)
        share = np.clip(share, RAREST, 1 - RAREST)
    return np.asarray(chance, np.float32)


def _alike(size: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, N) in [0, 1]: how much of one size places are."""
    octaves = np.log2(np.maximum(np.asarray(size, np.float64), 1))
    return np.asarray(np.exp(-(((octaves[:, None] - octaves) / OCTAVES) ** 2) / 2))


def _log_odds(chance: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    kept = np.clip(np.asarray(chance, np.float64), 1e-9, 1 - 1e-9)
    return np.clip(np.log(kept / (1 - kept)), WORST, -WORST)
