"""Page → detections at all scales: an image pyramid over the detector."""

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
from digits.model.parameters import Detect
from digits.model.spec import (
    CLASSES,
    DETECTOR_SIZE_MULTIPLE,
    DETECTOR_STRIDE,
    MAX_DIGIT,
    MIN_DIGIT,
)

STEP = 2.5  # from one level to the next; the detector spans a factor of MAX_DIGIT / MIN_DIGIT = 5.8
COARSEST = 24  # pixels of the longest side of the last level, or a little more
ENLARGED = 2.0  # times, the level above the picture itself, for small digits
SHAPE = 9 / 16  # a longer picture is seen as finely as a photo of that shape and its height
BEST_SIZE = math.sqrt(MIN_DIGIT * MAX_DIGIT)  # pixels, in the middle of what the detector learned


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A level of the image pyramid.

    scale: of it, 1 being that of the picture. maps: (h, w, 14) float32, what the detector predicts
    for every fourth pixel. detections: its local maxima, in pixels of the picture.
    """

    scale: float
    maps: NDArray[np.float32]
    detections: Detections


def detect(
    grey: NDArray[np.uint8], detector: Detector, parameters: Detect
) -> tuple[list[Level], Detections]:
    """The levels of a picture (H, W) uint8, from fine to coarse, then an enlarged one if any; and
    the detections of all of them."""
    levels = pyramid(grey, detector, parameters.longest_side)
    finer = ENLARGED * levels[0].scale
    may_enlarge = finer <= _finest_scale(grey.shape, parameters.longest_side)
    if may_enlarge and _has_small_digits(levels[0].detections, grey.shape, parameters):
        image = _resized(grey, grey.shape, finer)
        levels.append(_level(detector, image, grey.shape, finer))
    return levels, merge_levels(levels)


def pyramid(grey: NDArray[np.uint8], detector: Detector, longest_side: float) -> list[Level]:
    """The levels of a picture (H, W) uint8, the longest side of the first at most so many pixels,
    unless the picture is long and narrow."""
    levels, image = [], grey
    for scale in _scales(grey.shape, longest_side):
        image = _resized(image, grey.shape, scale)
        levels.append(_level(detector, image, grey.shape, scale))
    return levels


def merge_levels(levels: Sequence[Level]) -> Detections:
    """The detections of all levels, each digit once, the likeliest first."""
    boxes = np.concatenate([level.detections.boxes for level in levels])
    logits = np.concatenate([level.detections.logits for level in levels])
    return suppress(Detections(boxes, logits))


def detection_near(
    levels: Sequence[Level], box: NDArray[np.float32], digit: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the detector predicts about the centre of a box (4,) where it detected nothing.

    Returns (10,) the highest logits there, on the level that suits the size of the box best, and
    (4,) the box of that digit where its logit is highest.
    """
    size = float(sizes(box))
    level = min(levels, key=lambda level: abs(math.log(max(level.scale * size, 1e-3) / BEST_SIZE)))
    x, y = ((box[:2] + box[2:] / 2) * level.scale / DETECTOR_STRIDE).astype(int).tolist()
    height, width = level.maps.shape[:2]
    top, left = min(max(y - 1, 0), height - 1), min(max(x - 1, 0), width - 1)
    near = level.maps[top : max(y + 2, top + 1), left : max(x + 2, left + 1), :CLASSES]
    row, column = np.unravel_index([near[..., digit].argmax()], near.shape[:2])
    [found] = boxes_at(level.maps, row + top, column + left) / np.float32(level.scale)
    return near.max(axis=(0, 1)), found


def _scales(shape: tuple[int, ...], longest_side: float) -> list[float]:
    """Of the levels, from fine to coarse."""
    scales = [min(1.0, _finest_scale(shape, longest_side))]
    while max(shape) * scales[-1] / STEP >= COARSEST:
        scales.append(scales[-1] / STEP)
    return scales


def _finest_scale(shape: tuple[int, ...], longest_side: float) -> float:
    """The largest scale at which a picture may be seen.

    The longest side limits it, but on strips the shorter one, so that their digits stay visible.
    """
    return longest_side * max(1 / max(shape), SHAPE / min(shape))


def _has_small_digits(detections: Detections, shape: tuple[int, ...], parameters: Detect) -> bool:
    """Whether most digits are so small that they are detected better when enlarged."""
    if max(shape) <= parameters.small_picture:
        return True
    median = quantile(sizes(detections.boxes), 0.5) if len(detections.boxes) else math.inf
    return median < parameters.small_digit


def _resized(image: NDArray[np.uint8], shape: tuple[int, ...], scale: float) -> NDArray[np.uint8]:
    """An image of a picture of that shape, at another scale of the picture."""
    size = [max(1, round(side * scale)) for side in shape[::-1]]
    method = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _level(
    detector: Detector, image: NDArray[np.uint8], shape: tuple[int, ...], scale: float
) -> Level:
    maps = detector.maps(local_contrast(image, DETECTOR_SIZE_MULTIPLE))
    detections = suppress(decode(maps, detector.score_threshold))
    stretch = np.tile(np.array(shape[::-1]) / image.shape[::-1], 2).astype(np.float32)
    return Level(scale, maps, Detections(detections.boxes * stretch, detections.logits))
