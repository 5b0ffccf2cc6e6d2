"""Strips of a picture → the digits that stand in them, side by side; on ONNX Runtime.

A network of convolutions folds the height of a strip and says of every fourth column which digit
is there, if any (connectionist temporal classification, `digits.model.ctc`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.model.session import CORES, open_session
from digits.model.store import Model, open_model

HEIGHT = 48  # pixels of a strip
STRIDE = 4  # columns a frame
LONGEST = 640  # columns of the longest strip
GRAIN = 64  # columns, of which the width that the network sees is a multiple
BATCH = 16  # strips at a time

TOKENS = tuple(range(1, 11))  # what is said for each digit; 0 for none
APART = 11  # what is said between two digits that are not of the same number
CLASSES = 12


class Recogniser:
    """A trained network that reads lines of digits. Opened once, it can be asked from many
    threads."""

    def __init__(self, model: str | Path | Model = "recogniser") -> None:
        """model: the name of a shipped recogniser, a model folder, or one opened. Raises
        ModelError."""
        self.model = model if isinstance(model, Model) else open_model(model, "recogniser")
        self._session = open_session(self.model, ["strips", "said"], threads=CORES)

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    def say(self, strips: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float64]]:
        """For each strip (48, w, 3) float32, ink positive (`digits.model.contrast`), the chance
        of every token in every frame: (w/4, 12), rows sum to 1."""
        found: list[NDArray[np.float64]] = [np.zeros((0, CLASSES))] * len(strips)
        order = sorted(range(len(strips)), key=lambda place: strips[place].shape[1])
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            width = -(-strips[some[-1]].shape[1] // GRAIN) * GRAIN
            seen = np.zeros((len(some), HEIGHT, width, 3), np.float32)
            for row, place in zip(seen, some, strict=True):
                row[:, : strips[place].shape[1]] = strips[place]
            (said,) = self._session.run(["said"], {"strips": seen})
            for scores, place in zip(said, some, strict=True):
                frames = -(-strips[place].shape[1] // STRIDE)
                found[place] = self._chances(scores[:frames])
        return found

    def _chances(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = scores.astype(np.float64) / self.model.calibration["temperature"]
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
