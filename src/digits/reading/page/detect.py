"""Picture → every place where a digit may be, small or large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile, sizes
from digits.model.detector import Detections, Detector, boxes_at, decode, suppress
from digits.model.inputs import local_contrast
from digits.model.spec import CLASSES, DETECTOR_SIZE_MULTIPLE, DETECTOR_STRIDE, MAX_DIGIT, MIN_DIGIT

FINEST = 1600  # pixels, the longest side at which a picture is looked at
CLOSER = 2.0  # times, by which a picture with small digits is enlarged for another look
FINE = 15  # pixels; digits that are smaller, half of them, are small
SMALL = 320  # pixels, the longest side of a picture that is looked at closer anyway
STEP = 2.5  # from one scale to the next; a detector stands digits of five sizes and more
MIDDLE = math.sqrt(MIN_DIGIT * MAX_DIGIT)  # pixels, of the heights that a detector learned to find
COARSEST = 24  # pixels, the longest side at which the last look is taken, or a little more


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a detector said of a picture at one scale, 1 being that of the picture.

    said: (h, w, 14) float32, of every fourth pixel (`digits.model.detector`). detections: where a
    digit's logit is highest, in pixels of the picture.
    """

    scale: float
    said: NDArray[np.float32]
    detections: Detections


def search(detector: Detector, grey: NDArray[np.uint8]) -> list[Look]:
    """Looks at a picture (H, W) uint8, from near by and from farther and farther off."""
    looks = pyramid(detector, grey, FINEST)
    closer = CLOSER * looks[0].scale
    if max(grey.shape) * closer <= FINEST and _are_small(looks[0].detections, grey.shape):
        looks.append(_look(detector, _resized(grey, grey.shape, closer), grey.shape, closer))
    return looks


def pyramid(detector: Detector, grey: NDArray[np.uint8], finest: float) -> list[Look]:
    """Looks at a picture (H, W) uint8 whose longest side is at most `finest` pixels, and farther
    and farther off."""
    looks, seen = [], grey
    for scale in _scales(max(grey.shape), finest):
        seen = _resized(seen, grey.shape, scale)
        looks.append(_look(detector, seen, grey.shape, scale))
    return looks


def merge_levels(looks: Sequence[Look]) -> Detections:
    """Where digits may be, each place once, the surest first."""
    if len(looks) == 1:
        return looks[0].detections
    boxes, scores = (
        np.concatenate([getattr(look.detections, part) for look in looks])
        for part in ("boxes", "logits")
    )
    order = np.argsort(-scores.max(axis=1), kind="stable")
    return suppress(Detections(boxes[order], scores[order]))


def seen_at(
    looks: Sequence[Look], box: NDArray[np.float32], digit: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(10,) logits of what was seen about the middle of a box (4,), at the scale that suits its
    size best, and (4,) the box of that digit where it was seen best."""
    size = float(sizes(box[None])[0])
    look = min(looks, key=lambda look: abs(math.log(max(look.scale * size, 1e-3) / MIDDLE)))
    x, y = ((box[:2] + box[2:] / 2) * look.scale / DETECTOR_STRIDE).astype(int).tolist()
    high, wide = look.said.shape[:2]
    top, left = min(max(y - 1, 0), high - 1), min(max(x - 1, 0), wide - 1)
    near = look.said[top : max(y + 2, top + 1), left : max(x + 2, left + 1), :CLASSES]
    row, column = np.unravel_index([near[..., digit].argmax()], near.shape[:2])
    [seen] = boxes_at(look.said, row + top, column + left) / np.float32(look.scale)
    return near.max(axis=(0, 1)), seen


def _scales(longest: int, finest: float) -> list[float]:
    """From the finest to the coarsest, 1 being that of the picture."""
    scales = [min(1.0, finest / longest)]
    while longest * scales[-1] / STEP >= COARSEST:
        scales.append(scales[-1] / STEP)
    return scales


def _are_small(detections: Detections, shape: tuple[int, ...]) -> bool:
    """Whether most of what may be a digit is so small that it is better seen from nearer by."""
    if max(shape) <= SMALL:
        return True
    return len(detections.boxes) > 0 and quantile(sizes(detections.boxes), 0.5) < FINE


def _resized(seen: NDArray[np.uint8], shape: tuple[int, ...], scale: float) -> NDArray[np.uint8]:
    """What is seen of a picture of that shape, at another scale, 1 being that of the picture."""
    size = [max(1, round(side * scale)) for side in shape[::-1]]
    method = cv2.INTER_AREA if size[0] < seen.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(seen, size, interpolation=method), np.uint8)


def _look(
    detector: Detector, seen: NDArray[np.uint8], shape: tuple[int, ...], scale: float
) -> Look:
    """At a picture of that shape, seen at some scale."""
    said = detector.maps(local_contrast(seen, DETECTOR_SIZE_MULTIPLE))
    detections = suppress(decode(said, detector.score_threshold))
    stretch = np.tile(np.array(shape[::-1]) / seen.shape[::-1], 2).astype(np.float32)
    return Look(scale, said, Detections(detections.boxes * stretch, detections.logits))
