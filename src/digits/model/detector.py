"""Grey pixels → where digits are, and which they may be; on ONNX Runtime.

A network without a window: it looks at a whole picture at once and says of every fourth pixel how
much it is the centre of each digit, and how far the sides of the digit's box are. Source: Zhou et
al. 2019, "Objects as Points" (arXiv 1904.07850); the four sides instead of a size as in Tian et
al. 2019, "FCOS" (arXiv 1904.01355).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.session import CORES, open_session
from digits.model.store import Model, open_model

CLASSES = 10
STRIDE = 4  # pixels between the places that the network speaks of
GRAIN = 16  # pixels of its coarsest cell, of which a picture's sides are multiples
SAME = 0.45  # intersection over union, from which on two boxes are of one digit
WITHIN = 0.7  # share of a box that lies in a surer one, from which on it is a part of that
SURER = 1.0  # logits, by which it is to be surer than an unlikely one around it
BLOCK = 256  # places that are compared with all others at a time
UNIT = 8.0  # pixels; sides are logarithms of multiples of it
LOWEST, HIGHEST = 9, 52  # pixels, heights of the digits that it learned to find


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Places where a digit may be, the surest first.

    boxes: (N, 4) float32, x, y, width, height in pixels. scores: (N, 10) float32, for each digit
    the logit that it is there.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)


class Finder:
    """A trained network that finds digits in a picture. Opened once, it can be asked from many
    threads."""

    def __init__(self, model: str | Path | Model = "finder") -> None:
        """model: the name of a shipped finder, a model folder, or one opened. Raises ModelError."""
        self.model = model if isinstance(model, Model) else open_model(model, "finder")
        self._session = open_session(self.model, ["contrast", "said"], threads=CORES)

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    @property
    def least(self) -> float:
        """The logit from which on a place is worth a look."""
        return self.model.calibration["least"]

    def find(self, contrast: NDArray[np.float32]) -> Spots:
        """Where digits may be that are LOWEST to HIGHEST pixels high, each place once.

        contrast: (h, w, 3) float32, ink positive (`digits.model.contrast`).
        """
        return without_parts(spots_in(self.say(contrast), self.least))

    def say(self, contrast: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h/4, w/4, 14) float32: what the network says of every fourth pixel."""
        height, width = contrast.shape[:2]
        padded = contrast
        if height % GRAIN or width % GRAIN:
            padded = np.pad(contrast, ((0, -height % GRAIN), (0, -width % GRAIN), (0, 0)))
        (said,) = self._session.run(["said"], {"contrast": padded[None]})
        return np.asarray(said[0, : -(-height // STRIDE), : -(-width // STRIDE)], np.float32)


def spots_in(said: NDArray[np.float32], least: float) -> Spots:
    """What a network said, (h, w, 14) float32, as places: the peaks of at least that logit."""
    scores = said[..., :CLASSES]
    best = reduce(np.maximum, np.moveaxis(scores, -1, 0))  # a sixth of the time of scores.max
    around = cv2.dilate(best, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((best >= around) & (best >= least))
    order = np.argsort(-best[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    return Spots(boxes_at(said, rows, columns), scores[rows, columns])


def boxes_at(
    said: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    """(N, 4) float32: the boxes of digits with their centres in N cells of what a network said."""
    left, top, right, foot = np.exp(np.clip(said[rows, columns, CLASSES:], -4, 4)).T * UNIT
    x, y = (columns + 0.5) * STRIDE - left, (rows + 0.5) * STRIDE - top
    return np.stack([x, y, left + right, top + foot], axis=1).astype(np.float32)


def without_parts(spots: Spots) -> Spots:
    """Without what a surer place holds already, whole or in part: the ring of a 9 is no 0; and
    without what is unlikely and holds a surer one: two digits are not one large one.

    spots: the surest first.
    """
    kept: list[int] = []
    for start in range(0, len(spots), BLOCK):
        goes_with = _goes_with(spots, slice(start, start + BLOCK))
        for place, with_others in enumerate(goes_with, start):
            if not with_others[kept].any():
                kept.append(place)
    return Spots(spots.boxes[kept], spots.scores[kept])


def _goes_with(spots: Spots, some: slice) -> NDArray[np.bool_]:
    """(M, N) whether each of some places is to go if each of all N stays."""
    boxes, best = spots.boxes, spots.scores.max(axis=1, initial=-np.inf)
    area = boxes[:, 2:].prod(axis=1)
    common = common_area(boxes[some, None], boxes)
    is_same = overlaps(boxes[some, None], boxes) >= SAME
    is_part = common >= WITHIN * area[some, None]
    is_surer = (best[some, None] < 0) & (best - best[some, None] >= SURER)
    is_whole = is_surer & (common >= WITHIN * area)
    return np.asarray(is_same | is_part | is_whole)


def overlaps(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) intersection over union of a box (4,) with others (N, 4): x, y, width, height; (M, N) of
    boxes (M, 1, 4)."""
    common = common_area(box, boxes)
    union = box[..., 2:].prod(axis=-1) + boxes[:, 2:].prod(axis=1) - common
    return np.asarray(common / union, np.float32)


def common_area(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) float32: the area that a box (4,) shares with others (N, 4); (M, N) of boxes
    (M, 1, 4)."""
    low = np.maximum(box[..., :2], boxes[:, :2])
    high = np.minimum(box[..., :2] + box[..., 2:], boxes[:, :2] + boxes[:, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=-1), np.float32)
