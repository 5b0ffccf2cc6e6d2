"""Candidates → the digit: a conditional logit over all candidates and the ten digits.

The probability that candidate c is the digit of the picture, and that this is d, is the softmax of
weighted sums of features of c and of (c, d): McFadden 1974, "Conditional logit analysis of
qualitative choice behavior". Summed over d, it weighs the candidates; the probability of a digit is
the classifier's for each candidate, so weighed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import iou
from digits.model.detector import Detections
from digits.model.parameters import Single
from digits.model.spec import CLASSES
from digits.reading.single.components import Candidate
from digits.reading.single.ink import Ink

NEARBY = 0.5  # of a candidate's larger side, around its box
LOWEST = -7.0  # logit, below which a detector is as sure as can be
LEAST = 1e-4  # of which logarithms are taken

PLACE = ("polarity", "ink_nearby", "contrast", "borders", "off_centre", "detection")
ANSWER = ("classifier", "is_digit", "detector")


def weights_of(parameters: Single, names: Sequence[str]) -> NDArray[np.float64]:
    """(len(names),) the weights of those features."""
    return np.array([getattr(parameters, name) for name in names])


def place_features(
    candidates: Sequence[Candidate], agreed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, len(PLACE)) of N candidates of one ink: what is known before the classifier sees them.

    polarity: logarithm of the probability of this ink. ink_nearby: logarithm of the fraction that
    the candidate has of all ink in its box and around it. contrast: its logarithm. borders: how
    many sides of the picture it touches, where paper may surround the digit. off_centre: logarithm
    of 1 less the distance of its centre, half the picture being 1/2. detection: highest of what
    the detector makes of it, `agreed` (N, 10).
    """
    source = candidates[0].source
    boxes = np.array([each.box for each in candidates], np.float64)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    limit = np.array(source.level.shape[::-1])
    room = NEARBY * boxes[:, 2:].max(axis=1, keepdims=True)
    mass = np.array([each.mass for each in candidates])
    nearby = np.maximum(_mass_within(source, low - room, high + room), mass)
    off = np.abs((low + high) / 2 / limit - 0.5).max(axis=1)
    borders = (low <= 0).sum(axis=1) + (high >= limit).sum(axis=1)
    return np.stack(
        [
            np.full(len(boxes), math.log(source.chance)),
            np.log(mass / nearby),
            np.log([each.contrast for each in candidates]),
            borders * source.roomy,
            np.log(1 - off),
            agreed.max(axis=1),
        ],
        axis=1,
    )


def agreement(boxes: NDArray[Any], detections: Detections) -> NDArray[np.float64]:
    """(N, 10): what the detector makes of each box: the logits of the detection that overlaps it
    most, from the lowest on, times their IoU; 0 without any."""
    if not len(detections):
        return np.zeros((len(boxes), CLASSES))
    overlap = iou(boxes[:, None], detections.boxes)
    best = overlap.argmax(axis=1)
    logits = np.maximum(detections.logits[best] - LOWEST, 0)
    return np.asarray(logits * overlap.max(axis=1)[:, None], np.float64)


def answer_features(
    probabilities: NDArray[np.float32],
    is_digit: NDArray[np.float32],
    agreed: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(N, 10, len(ANSWER)): what classifier and detector think of each digit."""
    return np.stack(
        [
            np.log(np.maximum(probabilities, LEAST)),
            np.repeat(np.log(np.maximum(is_digit, LEAST))[:, None], CLASSES, axis=1),
            agreed - agreed.max(axis=1, keepdims=True),
        ],
        axis=-1,
    )


def _mass_within(
    source: Ink, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) summed level, 1 for a pixel of full ink, in boxes from `low` to `high` (N, 2)."""
    _, level = cv2.threshold(source.level, source.floor, 0, cv2.THRESH_TOZERO)
    sums, limit = cv2.integral(level), np.array(level.shape[::-1])
    left, top = np.clip(low, 0, limit).astype(int).T
    right, foot = np.clip(high, 0, limit).astype(int).T
    total = sums[foot, right] - sums[top, right] - sums[foot, left] + sums[top, left]
    return np.asarray(total / 255, np.float64)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over all elements of an array."""
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), np.float64)
