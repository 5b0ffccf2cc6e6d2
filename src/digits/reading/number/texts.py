"""Line crops → which texts the number may be, and how likely each line finds them.

A line of the recogniser's frames spells a text by connectionist temporal classification; a line of
fused candidates does where each candidate is one of its digits, or none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.model.ctc import BEAM, likeliest
from digits.model.spec import DIGIT_TOKENS

Text = tuple[int, ...]  # the digits of a number

HARDLY = 0.1  # odds of a digit against none, below which a candidate is left out


class Breadth(NamedTuple):
    """How many texts are thought of.

    beam: of the search over frames; each: likeliest texts of each line crop; most: texts of a
    number; rare: fraction of the likeliest text's probability, below which one is left out.
    """

    beam: int
    each: int
    most: int
    rare: float


USUAL = Breadth(BEAM, 6, 12, 1e-4)
HARD = Breadth(64, 50, 64, 1e-8)  # where an expectation chooses: the right one may be unlikely


def digits_alone(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, TOKENS) → (T, 11): the blank, which whatever is no digit counts as, and the digits."""
    digits = frames[:, DIGIT_TOKENS]
    rest = np.maximum(1 - digits.sum(axis=1, keepdims=True), 1e-9)
    return np.concatenate([rest, np.maximum(digits, 1e-9)], axis=1)


def likely_texts(
    lines: Sequence[NDArray[np.float64]], breadth: Breadth = USUAL
) -> tuple[list[Text], float]:
    """The likeliest texts of some lines of frames (T, 11) together, the likeliest first, and the
    highest probability that a line gives to there being any digit."""
    total: dict[Text, float] = defaultdict(float)
    some = 0.0
    for frames in lines:
        found = likeliest(frames, breadth.beam)
        some = max(some, sum(each.probability for each in found if each.tokens))
        for each in [text for text in found if text.tokens][: breadth.each]:
            total[tuple(token - 1 for token in each.tokens)] += each.probability
    texts = sorted(total, key=lambda text: -total[text])[: breadth.most]
    return [text for text in texts if total[text] >= breadth.rare * total[texts[0]]], some


def log_likelihood_of_candidates(
    scores: NDArray[np.float64], texts: Sequence[Text]
) -> NDArray[np.float64]:
    """(N,) the logarithm of the probability that candidates, from left to right, are a text.

    scores: (M, 10) log-odds of each digit against none at each candidate. Each candidate is one of
    ten digits, or none; the sum goes over all ways to choose those that are the text.
    """
    top = np.maximum(scores.max(axis=1, initial=0.0), 0.0)[:, None]
    raised, none = np.exp(scores - top), np.exp(-top[:, 0])
    total = raised.sum(axis=1) + none
    found = []
    for text in texts:
        ways = np.zeros(len(text) + 1)
        ways[0] = 1.0
        for row, nothing, whole in zip(raised, none, total, strict=True):
            taken = ways[:-1] * row[list(text)]
            ways *= nothing
            ways[1:] += taken
            ways /= whole
        found.append(np.log(max(ways[-1], 1e-300)))
    return np.array(found)


def text_of_candidates(scores: NDArray[np.float64]) -> Text:
    """Candidates from left to right as a text, those left out that are hardly digits.

    scores: (M, 10) log-odds of each digit against none.
    """
    odds = np.exp(np.minimum(scores, 60)).sum(axis=1)
    return tuple(scores[odds >= HARDLY].argmax(axis=1).tolist())
