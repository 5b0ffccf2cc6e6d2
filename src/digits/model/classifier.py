"""Tiles → probabilities, on ONNX Runtime."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits.model.explain import Explanation, explain
from digits.model.session import CORES, open_session
from digits.model.spec import CLASSES, TILE
from digits.model.store import Model, open_model
from digits.model.tta import views

SLACK = 0.01  # beyond [0, 1], where resizing has overshot
SURE = 0.9  # of the likeliest digit; below, a tile is worth a second look …
WORTH = 0.1  # … if is_digit is above this
BATCH = 256  # tiles at a time: enough to keep a core busy, few enough to stay in its cache


class Classifier:
    """A trained network that tells which digit a tile shows, and whether it shows one at all.

    Opened once, it can be asked from many threads. Tiles are (N, 28, 28), ink bright, uint8 in
    [0, 255] or float32 in [0, 1]; of any others, the methods raise ValueError.
    """

    def __init__(self, model: str | Path | Model = "default", *, second_look: bool = True) -> None:
        """model: the name of a shipped model, a model folder, or one opened. second_look: whether
        tiles of which no digit has 0.9 are looked at again, as `judge` does. Raises ModelError.
        """
        self.model = model if isinstance(model, Model) else open_model(model)
        self.second_look = second_look
        # A network this small loses more to waking threads at every layer than it gains: of many
        # tiles, each core takes whole batches instead.
        self._session = open_session(self.model, ["tiles", "logits"], threads=1)

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    def probabilities(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 10) float32: the calibrated probability of each digit; rows sum to 1."""
        return self.judge(tiles)[0]

    def predict(self, tiles: ArrayLike) -> NDArray[np.int64]:
        """(N,) int64: the likeliest digit."""
        return np.asarray(self.judge(tiles)[0].argmax(axis=1), np.int64)

    def is_digit(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N,) float32: how sure it is that a tile shows one digit at all.

        A logistic function of the logits' energy (Liu et al. 2020, "Energy-based
        Out-of-distribution Detection").
        """
        return self._is_digit(self.logits(tiles))

    def judge(self, tiles: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities and is_digit of the same tiles.

        A tile that may be a digit, and of which no digit has 0.9, gets a second look: its
        probabilities come from the mean logits of several `views`.
        """
        array = _check(tiles)
        probabilities, is_digit = self.glance(array)
        doubted = np.flatnonzero(self._is_doubted(probabilities, is_digit))
        for start in range(0, len(doubted), BATCH):
            some = doubted[start : start + BATCH]
            probabilities[some] = self._softmax(self._over_views(array[some]))
        return probabilities, is_digit

    def glance(self, tiles: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities and is_digit at first look, for those who have other opinions, too."""
        logits = self.logits(tiles)
        return self._softmax(logits), self._is_digit(logits)

    def explain(self, tile: ArrayLike, answer: int | None = None) -> Explanation:
        """Which ink of one tile (28, 28) spoke for `answer`, by default the likeliest digit, and
        which for the likeliest of the others."""
        ink = _check(np.asarray(tile)[None])
        logits = self.logits(ink)
        is_doubted = self._is_doubted(self._softmax(logits), self._is_digit(logits))[0]
        ask = self._over_views if is_doubted else self.logits
        grey = ink if ink.dtype == np.uint8 else np.clip(np.rint(ink * 255), 0, 255)
        return explain(
            lambda tiles: ask(tiles) / np.float32(self.model.calibration["temperature"]),
            grey[0].astype(np.uint8),
            answer,
        )

    def _is_doubted(
        self, probabilities: NDArray[np.float32], is_digit: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        may_be = is_digit > WORTH
        return np.asarray((probabilities.max(axis=1) < SURE) & may_be & self.second_look)

    def _softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = logits / np.float32(self.model.calibration["temperature"])
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    def _over_views(self, tiles: NDArray[Any]) -> NDArray[np.float32]:
        """(N, 10) float32: the mean logits of several views of each tile."""
        seen = views(_shares(tiles))
        logits = self.logits(seen.reshape(-1, TILE, TILE))
        return np.asarray(logits.reshape(len(seen), -1, CLASSES).mean(axis=0), np.float32)

    def logits(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 10) float32: the network's scores as they are."""
        array = _check(tiles)

        def ask(start: int) -> NDArray[np.float32]:
            some = _shares(array[start : start + BATCH])
            return np.asarray(self._session.run(["logits"], {"tiles": some})[0])

        starts = range(0, len(array), BATCH)
        if not starts:
            return np.zeros((0, CLASSES), np.float32)
        if len(starts) == 1:
            return ask(0)
        with ThreadPoolExecutor(min(CORES, len(starts))) as pool:
            return np.concatenate(list(pool.map(ask, starts)))

    def _is_digit(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        centre, width = (self.model.calibration[key] for key in ("digit_energy", "digit_scale"))
        odds = (energy(logits) - centre) / width
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float32)


def energy(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) log of the summed exponentials of logits (N, 10): high where ink is familiar."""
    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)), np.float32)


def _shares(tiles: NDArray[Any]) -> NDArray[np.float32]:
    """Tiles as shares of full ink in [0, 1]."""
    scale = np.float32(255 if tiles.dtype == np.uint8 else 1)
    return np.ascontiguousarray(tiles, np.float32) / scale


def _check(tiles: ArrayLike) -> NDArray[Any]:
    array = np.asarray(tiles)
    grey, share = array.dtype == np.uint8, array.dtype.kind == "f"
    if array.shape[1:] != (TILE, TILE) or not (grey or share):
        found = f"shape {array.shape} and dtype {array.dtype}"
    elif share and len(array) and not (array.min() >= -SLACK and array.max() <= 1 + SLACK):
        found = f"values from {array.min():.4g} to {array.max():.4g}"
    else:
        return array
    raise ValueError(
        f"tiles have {found}; expected (N, 28, 28), uint8 in [0, 255] or float32 in [0, 1]; "
        "for pictures use Reader.digits"
    )
