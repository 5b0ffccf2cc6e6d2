"""Texts → the number: a conditional logit over the texts that it may be, and any other.

The probability that the number is a text is the softmax of the weighted sum of the text's features:
McFadden 1974, "Conditional logit analysis of qualitative choice behavior". So two lines that the
recogniser reads, and the late fusion of all networks, are weighed against each other; what is known
beforehand is that there is one number, so that nothing is rejected. Texts that no line has among
its likeliest are one more alternative, whose probability nobody gets: confidence holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digits.model.parameters import Number
from digits.reading.number.texts import Text

FEATURES = ("detected", "whole", "fused", "detected_per_digit")
"""In the order of their weights, of each text."""


def features(
    texts: Sequence[Text],
    detected: NDArray[np.float64],
    whole: NDArray[np.float64],
    fused: NDArray[np.float64],
    floor: float,
) -> NDArray[np.float64]:
    """(N, len(FEATURES)) of N texts.

    detected, whole, fused: (N,) natural logarithm of the probability that the detected line, the
    whole crop and the fused candidates are that text, at least `floor`. detected_per_digit: the
    first for each digit of the text.
    """
    digits = np.array([len(text) for text in texts], np.float64)
    line, crop, candidates = (np.maximum(each, floor) for each in (detected, whole, fused))
    return np.stack([line, crop, candidates, line / digits], axis=1)


def weights_of(parameters: Number) -> NDArray[np.float64]:
    """The weights in the order of FEATURES."""
    return np.array([getattr(parameters, name) for name in FEATURES])


def probabilities(rows: NDArray[np.float64], parameters: Number) -> NDArray[np.float64]:
    """(N,) of texts with these features (N, len(FEATURES)); what their sum lacks of 1 is that of
    any other text."""
    scores = np.append(rows @ weights_of(parameters), parameters.other)
    raised = np.exp(scores - scores.max())
    return np.asarray((raised / raised.sum())[:-1])
