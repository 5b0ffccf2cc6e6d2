"""Ink → pieces: the blobs that may be digits, and the one that is meant where one is expected."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.reading.ink import Ink

SPECK = 0.02  # share of the ink of the strongest piece below which a piece is dirt
NEAR = 0.25  # parts of one digit stand closer than this share of its height
BROKEN = 0.04  # a part has at least this share of the digit's ink


@dataclass(frozen=True, slots=True)
class Piece:
    """Connected ink, or several such parts that belong together.

    box: (x, y, width, height) on the grid of the ink. labels: the components it is made of.
    mass: summed level, 1 for one pixel of full ink.
    """

    box: tuple[int, int, int, int]
    labels: tuple[int, ...]
    mass: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """All pieces of a picture's ink, the strongest first, and the component of each pixel."""

    found: tuple[Piece, ...]
    components: NDArray[np.int32]


def find_pieces(ink: Ink) -> Pieces:
    """The connected components of the ink."""
    count, components, stats, _ = cv2.connectedComponentsWithStats(
        ink.mask.astype(np.uint8), connectivity=8
    )
    masses = np.bincount(components.ravel(), ink.level.ravel() / 255, minlength=count)
    pieces = [
        Piece(tuple(int(v) for v in stats[label, :4]), (label,), float(masses[label]))  # type: ignore[arg-type]
        for label in range(1, count)
    ]
    return Pieces(tuple(sorted(pieces, key=lambda p: -p.mass)), np.asarray(components, np.int32))


def the_one(pieces: Pieces) -> Piece | None:
    """The piece that is meant where a picture holds exactly one digit, its loose parts joined.

    Ink counts for it; touching the rim, lying far from the middle and being a long straight line
    count against it.
    """
    shape = pieces.components.shape
    if not pieces.found:
        return None
    main = max(pieces.found[:200], key=lambda piece: piece.mass * _likelihood(piece, shape))
    smallest = BROKEN * main.mass
    whole = main
    for part in pieces.found[:200]:
        if part is main or part.mass < smallest or _likelihood(part, shape) < 0.3:
            continue
        if gap(whole.box, part.box) < NEAR * max(whole.box[3], whole.box[2]):
            whole = join(whole, part)
    return whole


def cut_out(ink: Ink, pieces: Pieces, piece: Piece) -> NDArray[np.uint8]:
    """The ink of one piece alone, (h, w) uint8, with the soft edge around it."""
    x, y, width, height = piece.box
    soft = 2  # pixels over which a pen's edge fades on the grid
    top, left = max(0, y - soft), max(0, x - soft)
    window = np.s_[top : y + height + soft, left : x + width + soft]
    components = pieces.components[window]
    own = np.isin(components, piece.labels).astype(np.uint8)
    own = cv2.dilate(own, np.ones((2 * soft + 1, 2 * soft + 1), np.uint8)).astype(bool)
    others = (components > 0) & ~np.isin(components, piece.labels)
    return np.where(own & ~others, ink.level[window], 0).astype(np.uint8)


def join(a: Piece, b: Piece) -> Piece:
    """Both pieces as one."""
    left, top = min(a.box[0], b.box[0]), min(a.box[1], b.box[1])
    right = max(a.box[0] + a.box[2], b.box[0] + b.box[2])
    bottom = max(a.box[1] + a.box[3], b.box[1] + b.box[3])
    return Piece((left, top, right - left, bottom - top), a.labels + b.labels, a.mass + b.mass)


def gap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Distance between two boxes in pixels; 0 where they touch or overlap."""
    across = max(a[0] - (b[0] + b[2]), b[0] - (a[0] + a[2]), 0)
    down = max(a[1] - (b[1] + b[3]), b[1] - (a[1] + a[3]), 0)
    return float(np.hypot(across, down))


def touches(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> int:
    """How many sides of the picture a box touches."""
    x, y, width, height = box
    return (x <= 0) + (y <= 0) + (x + width >= shape[1]) + (y + height >= shape[0])


def _likelihood(piece: Piece, shape: tuple[int, ...]) -> float:
    """How much a piece looks like the meant digit by its place and outline alone, in [0, 1]."""
    x, y, width, height = piece.box
    rim = 0.5 ** touches(piece.box, shape)
    off = max(abs(x + width / 2 - shape[1] / 2) / shape[1], abs(y + height / 2 - shape[0] / 2) / shape[0])
    middle = 1 - off
    spans = max(width / shape[1], height / shape[0]) > 0.9 and min(width, height) < 0.1 * max(width, height)
    lying = width > 5 * height
    return rim * middle * (0.2 if spans or lying else 1.0)
