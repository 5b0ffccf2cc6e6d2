"""Ink of one digit → a tile: MNIST's own 28×28 form.

How the MNIST pictures were made is described by LeCun et al. 1998 (DOI 10.1109/5.726791) and was
reconstructed by Yadav and Bottou 2019 ("Cold Case: the Lost MNIST Digits"): the digit's bounding
box, made square, shrinks by area to 20×20 and moves by whole pixels until its centre of mass is
that of the 28×28 frame.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

TILE = 28
BOX = 20
# The edge of blurred ink, as a share of the darkest ink. Half would be unbiased for thick strokes
# but cuts the ends of thin ones; MNIST digits enlarged to 200 px come back best at 0.4.
EDGE = 0.4
# Below this size enlarging comes first, so that shrinking by area sees smooth edges.
SMOOTH_SIDE = 80


def normalise(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the ink of one digit into the form of an MNIST picture.

    ink: (H, W) uint8, 0 paper to 255 ink, any size. Returns (28, 28) uint8, the brightest pixel
    255; all zeros if there is no ink.
    """
    peak = int(ink.max(initial=0))
    if peak == 0:
        return np.zeros((TILE, TILE), np.uint8)
    return centre_by_mass(_stretch(_shrink(_square(_crop(ink, EDGE * peak)))))


def centre_by_mass(box: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paste a (20, 20) uint8 box into a (28, 28) frame, its centre of mass at the frame's.

    Moves by whole pixels as MNIST did, so the centre ends up to one pixel right of and below
    the middle. Ink that would leave the frame is cut off.
    """
    mass = box.astype(np.float64)
    total = max(mass.sum(), 1.0)
    centres = np.arange(BOX) + 0.5
    top = math.floor(TILE / 2 + 1 - (mass.sum(axis=1) @ centres) / total)
    left = math.floor(TILE / 2 + 1 - (mass.sum(axis=0) @ centres) / total)
    canvas = np.zeros((TILE + 2 * BOX, TILE + 2 * BOX), np.uint8)
    canvas[BOX + top : 2 * BOX + top, BOX + left : 2 * BOX + left] = box
    return canvas[BOX : BOX + TILE, BOX : BOX + TILE].copy()


def _crop(ink: NDArray[np.uint8], threshold: float) -> NDArray[np.uint8]:
    left, top, width, height = cv2.boundingRect((ink > threshold).astype(np.uint8))
    return ink[top : top + height, left : left + width]


def _square(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if sum(ink.shape) % 2:  # the middle lies between two pixels
        ink = ink.repeat(2, axis=0).repeat(2, axis=1)
    height, width = ink.shape
    side = max(height, width)
    above, before = (side - height) // 2, (side - width) // 2
    squared = np.zeros((side, side), np.uint8)
    squared[above : above + height, before : before + width] = ink
    return squared


def _shrink(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    side = ink.shape[0]
    if side < SMOOTH_SIDE:
        factor = -(-SMOOTH_SIDE // side)
        # replicated borders: otherwise ink at the rim would fade while it is enlarged
        ink = np.asarray(cv2.resize(ink, None, fx=factor, fy=factor), np.uint8)
    # as float: a faint hairline covers less than one grey level of each pixel
    fine = ink.astype(np.float32)
    return np.asarray(cv2.resize(fine, (BOX, BOX), interpolation=cv2.INTER_AREA), np.float32)


def _stretch(box: NDArray[np.float32]) -> NDArray[np.uint8]:
    # a hairline covers a fraction of each pixel: its tile would be nearly black
    gain = 255 / float(box.max())
    return np.asarray(cv2.convertScaleAbs(box, alpha=gain), np.uint8)
