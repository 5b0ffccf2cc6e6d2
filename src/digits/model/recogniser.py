"""Line crops → the digits that stand in them, side by side, on ONNX Runtime.

A convolutional network folds the height of a line crop and predicts for every fourth column which
digit is there, if any: connectionist temporal classification (`digits.model.ctc`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.model.session import cores, open_session
from digits.model.spec import CHANNELS, LINE_HEIGHT, LINE_SIZE_MULTIPLE, LINE_STRIDE, TOKENS
from digits.model.store import DEFAULT, RECOGNISER, Model, open_model

BATCH = 16  # line crops at a time


class Recogniser:
    """A trained network that reads lines of digits. Opened once, it serves many threads."""

    def __init__(self, model: str | Path | Model = DEFAULT, *, threads: int | None = None) -> None:
        """model: a shipped bundle's name, a model folder, or one opened. threads: None for as many
        as this process may use. Raises ModelError."""
        self.model = model if isinstance(model, Model) else open_model(model, RECOGNISER)
        self._session = open_session(self.model, ["lines", "logits"], threads=threads or cores())

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    def probabilities(self, lines: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float64]]:
        """For each line crop the probability of every token in every frame.

        lines: (48, w, 3) float32 each, ink positive (`digits.model.inputs.local_contrast`).
        Returns (w/4, TOKENS) float64 each; rows sum to 1.
        """
        found: list[NDArray[np.float64]] = [np.zeros((0, TOKENS))] * len(lines)
        order = sorted(range(len(lines)), key=lambda index: lines[index].shape[1])
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            width = -(-lines[batch[-1]].shape[1] // LINE_SIZE_MULTIPLE) * LINE_SIZE_MULTIPLE
            crops = np.zeros((len(batch), LINE_HEIGHT, width, CHANNELS), np.float32)
            for crop, index in zip(crops, batch, strict=True):
                crop[:, : lines[index].shape[1]] = lines[index]
            (logits,) = self._session.run(["logits"], {"lines": crops})
            for frames, index in zip(logits, batch, strict=True):
                found[index] = self._softmax(frames[: -(-lines[index].shape[1] // LINE_STRIDE)])
        return found

    def _softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = logits.astype(np.float64) / self.model.calibration["temperature"]
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
