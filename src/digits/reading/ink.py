"""Pixels → ink: what is paper, what is pen, and how dark the pen is at each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RIM = 12  # the rim is one twelfth of the shorter side
FAINTEST = 0.06  # contrast of ink to paper below which a picture counts as blank
SMALL = 64  # pictures of at most this side are drawings or tiles: even paper, no grain


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a picture, on a grid of its own.

    level: (h, w) uint8, 0 paper to 255 the pen's usual darkness. mask: (h, w) bool, where there
    is ink. scale: how many pixels of the picture one pixel of the grid is wide.
    """

    level: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    scale: float


def find_ink(picture: NDArray[np.uint8], longest: int) -> Ink:
    """Tell pen from paper, under uneven light, whatever their colours.

    picture: (H, W, 3) uint8 RGB. longest: the longest side of the grid that is looked at, in
    pixels; a larger picture is shrunk to it.
    """
    small, scale = _shrink(picture, longest)
    level = _level(small)
    threshold = _threshold(level)
    mask = level > threshold
    if not mask.any() or np.quantile(level[mask], 0.8) < FAINTEST:
        nothing = np.zeros(level.shape, np.uint8)
        return Ink(nothing, nothing.astype(bool), scale)
    core = float(np.quantile(level[mask], 0.6))
    return Ink(np.clip(level * (255 / core), 0, 255).astype(np.uint8), mask, scale)


def is_light_on_dark(picture: NDArray[np.uint8]) -> bool:
    """Whether ink is lighter than paper: judged by what differs most from the rim.

    picture: (H, W, 3) uint8.
    """
    grey = picture.mean(axis=2)
    wide = max(1, min(grey.shape) // RIM)
    rim = np.concatenate(
        [grey[:wide].ravel(), grey[-wide:].ravel(), grey[:, :wide].ravel(), grey[:, -wide:].ravel()]
    )
    away = grey - np.median(rim)
    return bool((np.maximum(away, 0) ** 2).sum() > (np.minimum(away, 0) ** 2).sum())


def _shrink(picture: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    scale = max(1.0, max(picture.shape[:2]) / longest)
    if scale == 1:
        return picture, 1.0
    height, width = (max(1, round(side / scale)) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def _level(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much light the pen took from the paper, in [0, 1], along the pen's own colour."""
    if is_light_on_dark(picture):
        picture = 255 - picture
    paper = np.maximum(_paper(picture), 1)
    taken = np.clip((paper - picture) / paper, 0, 1)  # (h, w, 3) per channel
    strongest = taken.max(axis=2)
    pen = taken[strongest >= np.quantile(strongest, 0.99)].mean(axis=0)
    level = taken @ (pen / max(float(pen.sum()), 1e-6))
    if max(level.shape) > SMALL:
        level = cv2.GaussianBlur(level, (3, 3), 0)
    return np.asarray(level, np.float32)


def _paper(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The light that the paper alone would send, at each pixel and in each channel.

    The median over a quarter of the picture sees through strokes; where a broad pen defeats it,
    the mean over a wider part is brighter and stands in.
    """
    height, width = picture.shape[:2]
    if max(height, width) <= SMALL:
        return np.full(picture.shape, _brightest_common(picture), np.float32)
    tiny = cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA)
    median = cv2.medianBlur(tiny, 25)
    mean = cv2.GaussianBlur(tiny, (0, 0), 24)
    paper = cv2.GaussianBlur(np.maximum(median, mean), (0, 0), 3)
    return np.asarray(cv2.resize(paper, (width, height)), np.float32)


def _brightest_common(picture: NDArray[np.uint8]) -> NDArray[Any]:
    """The colour of even paper: what a quarter of the pixels is at least as bright as."""
    return np.quantile(picture.reshape(-1, 3), 0.75, axis=0)


def _threshold(level: NDArray[np.float32]) -> float:
    """Otsu's threshold between paper and ink, but never down in the paper's grain."""
    scaled = np.clip(level * 255, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    grain = 1.4826 * float(np.median(np.abs(level - np.median(level))))
    return max(otsu / 255, FAINTEST / 2, 3 * grain if max(level.shape) > SMALL else 0)
