"""What the recogniser read in a strip, and the detections of the detector to which it belongs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.model.spec import LINE_DIGIT, LINE_STRIDE

SURE, HEARD = 0.5, 0.25  # chances of a token in a frame: it was read; it may have been
FARTHEST = 1.3  # half widths of a detection, that a peak on it lies from its middle at most
UNLIKELY = 0.5  # half widths, by which a peak of another digit counts as farther
BROAD = 0.6  # of its height, the width of a digit whose box is not known

Peak = tuple[int, int]  # the first frame, and the one after the last


def peaks_of(digits: NDArray[np.float64]) -> list[Peak]:
    """Runs of frames in which the same digit is likely; digits: (T, 10) chances. One that is never
    likelier than not may have been read too, unless it is the foot of one that is."""
    sure = _runs(digits, SURE)
    faint = [
        (low, high)
        for low, high in _runs(digits, HEARD)
        if not any(low < end and start < high for start, end in sure)
    ]
    return sorted(sure + faint)


def _runs(digits: NDArray[np.float64], least: float) -> list[Peak]:
    best = np.where(digits.max(axis=1) >= least, digits.argmax(axis=1), -1)
    ends = np.flatnonzero(np.diff(best)) + 1
    bounds = [0, *ends.tolist(), len(best)]
    return [(a, b) for a, b in pairwise(bounds) if b > a and best[a] >= 0]


def middle_of(peak: Peak) -> float:
    """Of a peak the column in the strip."""
    return (peak[0] + peak[1]) / 2 * LINE_STRIDE


def owners_of(
    peaks: list[Peak],
    digits: NDArray[np.float64],
    boxes: NDArray[np.float64],
    scores: NDArray[np.float32],
) -> list[int]:
    """The detection that each peak lies on, of each detection only one; -1 for none. A detection
    on which lie several owns the nearest, or one of the digit that the detector saw there.

    digits: (T, 10) chances; boxes: (N, 4) of the detections in the strip; scores: (N, 10) logits.
    """
    owner = [-1] * len(peaks)
    if not len(boxes):
        return owner
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.maximum(boxes[:, 2] / 2, LINE_STRIDE)
    seen = np.exp(scores - scores.max(axis=1, keepdims=True))
    doubt = 1 / (1 + np.exp(scores.max(axis=1)))
    pairs = []
    for peak, (low, high) in enumerate(peaks):
        off = np.abs(middle_of((low, high)) - middle) / half
        unlike = 1 - seen[:, digits[low:high].max(axis=0).argmax()]
        pairs += [
            (
                float(off[detection] + UNLIKELY * unlike[detection] + doubt[detection]),
                peak,
                detection,
            )
            for detection in np.flatnonzero(off <= FARTHEST).tolist()
        ]
    taken: set[int] = set()
    for _, peak, detection in sorted(pairs):
        if owner[peak] < 0 and detection not in taken:
            owner[peak] = detection
            taken.add(detection)
    return owner


def frames_about(
    box: NDArray[np.float64], owner: list[int], peaks: list[Peak], count: int
) -> NDArray[np.intp]:
    """The frames in the middle of a box, without those that other detections own."""
    low, high = (box[0] + box[2] * 0.25) / LINE_STRIDE, (box[0] + box[2] * 0.75) / LINE_STRIDE
    frames = np.arange(max(int(low), 0), min(int(np.ceil(high)) + 1, count))
    for (a, b), of in zip(peaks, owner, strict=True):
        if of >= 0:
            frames = frames[(frames < a) | (frames >= b)]
    return frames


def box_about(peak: Peak, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) about where the digit of a peak on no detection stands, as high as the nearest of some
    boxes (N, 4)."""
    middle = middle_of(peak)
    near = boxes[np.argmin(np.abs(boxes[:, 0] + boxes[:, 2] / 2 - middle))]
    high = float(np.clip(near[3], 0.6 * LINE_DIGIT, 1.5 * LINE_DIGIT))
    wide = BROAD * LINE_DIGIT
    y = near[1] + near[3] / 2 - high / 2
    return np.array([middle - wide / 2, y, wide, high])
