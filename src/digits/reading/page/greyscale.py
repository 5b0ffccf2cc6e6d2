"""Colours → grey levels in which the pen stands out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile
from digits.io.number import Box
from digits.model.polarity import chance_of_light_pen, is_pen_lighter

SEEN = 200  # pixels, the longest side at which colours are compared
STRONG = 0.98  # quantile of the differences from the paper around, from which on it is the pen
PLAIN = 0.6  # of the pen's difference, that plain grey has to show
FILLED = 64  # pixels of the longest side, up to which one digit may fill a picture
MARGIN = 0.25  # of the longest side: room around digits that fill a picture


def prepare(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """`greyscale` of a picture (H, W, 3) uint8 and, around a small one that a digit may fill, a
    margin of paper; and how many pixels wide that is."""
    grey = greyscale(picture)
    return with_paper_around(grey) if max(grey.shape) <= FILLED else (grey, 0)


def greyscale(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB → (H, W) uint8, the pen darker than the paper: chalk and light letters
    on a screen become dark ones on white, which networks have seen far more of."""
    grey = _grey(picture)
    if max(grey.shape) <= FILLED:  # border and corners tell, also of a digit that fills it
        is_lighter = chance_of_light_pen(picture) > 0.5
    else:
        is_lighter = is_pen_lighter(grey)
    return 255 - grey if is_lighter else grey


def with_paper_around(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """A picture (H, W), the pen darker, with a margin of the paper at its borders, and how many
    pixels wide that is: the networks learned from digits that have paper on all sides."""
    margin = max(1, round(MARGIN * max(grey.shape)))
    around = np.ones((2 * margin + 1,) * 2, np.uint8)
    paper = cv2.dilate(grey, around)  # the lightest nearby: strokes that touch a border end there
    wide = np.asarray(cv2.copyMakeBorder(paper, *(margin,) * 4, cv2.BORDER_REPLICATE), np.uint8)
    wide[margin:-margin, margin:-margin] = grey
    return wide, margin


def within(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
    """A box on a picture with a margin around it, on the picture (height, width) without."""
    x, y, wide, high = box
    left, top = (
        min(max(low - margin, 0), limit - 1) for low, limit in ((x, shape[1]), (y, shape[0]))
    )
    right, bottom = min(x + wide - margin, shape[1]), min(y + high - margin, shape[0])
    return (left, top, max(right - left, 1), max(bottom - top, 1))


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As a photographic film sees it or, where pen and paper differ by their colours rather than
    by their light, along that difference."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    step = -(-max(grey.shape) // SEEN)  # whole, which is far faster
    high, wide = (side // step for side in grey.shape)
    side = min(31, (min(high, wide) - 1) | 1)
    if side < 3:
        return grey
    whole = picture[: high * step, : wide * step]
    small = cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA)
    off = small.astype(np.float32) - cv2.medianBlur(small, side)
    strength = np.linalg.norm(off, axis=2)
    pen = off[strength >= max(quantile(strength, STRONG), 16.0)]
    if not len(pen):
        return grey
    _, vectors = np.linalg.eigh(pen.T @ pen)
    direction = vectors[:, -1]
    light = np.array([0.299, 0.587, 0.114])
    if abs(float(direction @ light)) >= PLAIN * float(np.linalg.norm(light)):
        return grey
    direction = direction * np.sign(direction[np.abs(direction).argmax()])
    mixed = picture.astype(np.float32) @ (direction / np.abs(direction).sum()).astype(np.float32)
    low, high = float(mixed.min()), float(mixed.max())
    return np.asarray((mixed - low) * (255 / max(high - low, 1.0)), np.uint8)
