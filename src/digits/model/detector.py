"""Page → where digits are and which they may be, on ONNX Runtime.

A fully convolutional network that predicts, for every fourth pixel, how likely it is the centre of
each digit, and the four sides of that digit's box. Source: Zhou et al. 2019, "Objects as Points"
(arXiv 1904.07850); four sides instead of a size as in Tian et al. 2019, "FCOS" (arXiv 1904.01355).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, nms
from digits.model.session import cores, open_session
from digits.model.spec import (
    BOX_UNIT,
    CLASSES,
    DETECTOR_SIZE_MULTIPLE,
    DETECTOR_STRIDE,
)
from digits.model.store import DEFAULT, DETECTOR, Model, open_model


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes in which a digit may be, the likeliest first.

    boxes: (N, 4) float32, x, y, width, height in pixels. logits: (N, 10) float32, for each digit
    that it is there.
    """

    boxes: Boxes
    logits: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def scores(self) -> NDArray[np.float32]:
        """(N,) the highest logit of each."""
        return np.asarray(self.logits.max(axis=1, initial=-np.inf), np.float32)

    def take(self, index: NDArray[np.intp]) -> Detections:
        """Some of them, by index."""
        return Detections(self.boxes[index], self.logits[index])


class Detector:
    """A trained network that detects digits on a page. Opened once, it serves many threads."""

    def __init__(self, model: str | Path | Model = DEFAULT, *, threads: int | None = None) -> None:
        """model: a shipped bundle's name, a model folder, or one opened. threads: None for as many
        as this process may use. Raises ModelError."""
        self.model = model if isinstance(model, Model) else open_model(model, DETECTOR)
        self._session = open_session(self.model, ["page", "maps"], threads=threads or cores())

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    @property
    def score_threshold(self) -> float:
        """The logit from which on a maximum of the maps is a detection."""
        return self.model.calibration["score_threshold"]

    def detect(self, page: NDArray[np.float32]) -> Detections:
        """Detections, after non-maximum suppression, of digits MIN_DIGIT to MAX_DIGIT pixels high.

        page: (h, w, 3) float32, ink positive (`digits.model.inputs.local_contrast`).
        """
        return suppress(decode(self.maps(page), self.score_threshold))

    def maps(self, page: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h/4, w/4, 14) float32: what the network predicts for every fourth pixel."""
        height, width = page.shape[:2]
        below, beside = -height % DETECTOR_SIZE_MULTIPLE, -width % DETECTOR_SIZE_MULTIPLE
        if below or beside:
            page = np.pad(page, ((0, below), (0, beside), (0, 0)))
        (maps,) = self._session.run(["maps"], {"page": page[None]})
        rows, columns = -(-height // DETECTOR_STRIDE), -(-width // DETECTOR_STRIDE)
        return np.asarray(maps[0, :rows, :columns], np.float32)


def decode(maps: NDArray[np.float32], score_threshold: float) -> Detections:
    """The local maxima of detector maps (h, w, 14) float32 from that logit on, highest first."""
    logits = maps[..., :CLASSES]
    best = reduce(np.maximum, np.moveaxis(logits, -1, 0))  # a sixth of the time of logits.max
    around = cv2.dilate(best, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((best >= around) & (best >= score_threshold))
    order = np.argsort(-best[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    return Detections(boxes_at(maps, rows, columns), logits[rows, columns])


def boxes_at(
    maps: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    """(N, 4) float32: the boxes of digits with their centres in N cells of detector maps."""
    sides = np.exp(np.clip(maps[rows, columns, CLASSES:], -4, 4)) * BOX_UNIT
    left, top, right, bottom = sides.T
    x, y = (columns + 0.5) * DETECTOR_STRIDE - left, (rows + 0.5) * DETECTOR_STRIDE - top
    return np.stack([x, y, left + right, top + bottom], axis=1).astype(np.float32)


def suppress(detections: Detections) -> Detections:
    """Non-maximum suppression of detections, the likeliest first; see `digits.geometry.nms`."""
    return detections.take(nms(detections.boxes, detections.scores))
