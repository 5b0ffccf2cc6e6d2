"""Tiles → probabilities, on ONNX Runtime."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits.errors import ModelError
from digits.model.session import cores, open_session
from digits.model.spec import CLASSES, TILE
from digits.model.store import DEFAULT, Model, open_model
from digits.model.tta import views

if TYPE_CHECKING:
    from digits.model.explain import Explanation
    from digits.model.profile import Profile

SLACK = 0.01  # beyond [0, 1], where resizing has overshot
SURE = 0.9  # probability of the likeliest digit; below, a tile is doubtful …
WORTH = 0.1  # … if is_digit is above this
BATCH = 256  # tiles at a time: enough to keep a core busy, few enough to stay in its cache


class Classifier:
    """A trained network that tells which digit a tile shows, and whether it shows one at all.

    Opened once, it serves many threads. Tiles are (N, 28, 28), ink bright, uint8 in
    [0, 255] or float32 in [0, 1]; of any others, the methods raise ValueError.
    """

    def __init__(
        self,
        model: str | Path | Model = DEFAULT,
        *,
        tta: bool = True,
        threads: int | None = None,
        profile: str | os.PathLike[str] | Profile | None = None,
    ) -> None:
        """model: a shipped bundle's name, a model folder, or one opened. tta: whether `classify`
        uses test-time augmentation. threads: that share many tiles; None for as many as this
        process may use. profile: a profile folder, or one opened, made for this model; it moves
        `probabilities`, `predict` and `classify`, and nothing else. Raises ModelError.
        """
        self.model = model if isinstance(model, Model) else open_model(model)
        self.profile = _checked_profile(profile, self.model)
        self.tta = tta
        self.threads = threads or cores()
        # A network this small loses more to waking threads at every layer than it gains: of many
        # tiles, each core takes whole batches instead.
        self._session = open_session(self.model, ["tiles", "logits"], threads=1)

    @property
    def name(self) -> str:
        """How the model is called."""
        return self.model.name

    def with_profile(self, profile: str | os.PathLike[str] | Profile | None) -> Classifier:
        """The same network, opened once, with another profile, or with none. Raises ModelError."""
        other = copy.copy(self)
        other.profile = _checked_profile(profile, self.model)
        return other

    def probabilities(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 10) float32: the calibrated probability of each digit; rows sum to 1."""
        return self.classify(tiles)[0]

    def predict(self, tiles: ArrayLike) -> NDArray[np.int64]:
        """(N,) int64: the likeliest digit."""
        return np.asarray(self.classify(tiles)[0].argmax(axis=1), np.int64)

    def is_digit(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N,) float32: the probability that a tile shows one digit at all.

        A logistic function of the logits' energy (Liu et al. 2020, "Energy-based
        Out-of-distribution Detection").
        """
        return self._is_digit(self.logits(tiles))

    def classify(
        self, tiles: ArrayLike, *, tta: bool | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities (N, 10) and is_digit (N,) of the same tiles, both float32.

        With test-time augmentation, the probabilities of a doubtful tile come from the mean
        logits of several views of it (`digits.model.tta`). tta: None for as it was opened.
        """
        if self.profile is None:
            array = _check(tiles)
            return self._classify(array, self.logits(array), tta)
        probabilities, is_digit, features = self.classify_features(tiles, tta=tta)
        return self.profile.applied(probabilities, features), is_digit

    def classify_features(
        self, tiles: ArrayLike, *, tta: bool | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities and is_digit as `classify` gives them without a profile, and features.

        Features are (N, F) float32: what the last layer computes the logits from. Raises ModelError
        if the network does not end in one dense layer.
        """
        array = _check(tiles)
        logits, features = self._run_batches(array, self._feature_session)
        return (*self._classify(array, logits, tta), features)

    def _classify(
        self, array: NDArray[Any], logits: NDArray[np.float32], tta: bool | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        probabilities, is_digit = self._softmax(logits), self._is_digit(logits)
        if not (self.tta if tta is None else tta):
            return probabilities, is_digit
        doubtful = np.flatnonzero(_is_doubtful(probabilities, is_digit))
        for start in range(0, len(doubtful), BATCH):
            some = doubtful[start : start + BATCH]
            probabilities[some] = self._softmax(self._mean_logits(array[some]))
        return probabilities, is_digit

    @cached_property
    def _feature_session(self) -> Any:
        """The network opened so that it gives the features too, which profiles need."""
        from digits.model.graph import with_outputs  # not worth their import to most readers
        from digits.model.layers import feature_tensor

        name = feature_tensor(self.model)
        network = with_outputs(self.model.network, [name])
        return open_session(
            replace(self.model, network=network), ["tiles", "logits", name], threads=1
        )

    def explain(self, tile: ArrayLike, answer: int | None = None) -> Explanation:
        """Which ink of one tile (28, 28) spoke for `answer`, by default the likeliest digit, and
        which for the likeliest of the others."""
        from digits.model.explain import explain  # not worth its import to most readers

        ink = _check(np.asarray(tile)[None])
        logits = self.logits(ink)
        is_doubtful = _is_doubtful(self._softmax(logits), self._is_digit(logits))[0]
        predict = self._mean_logits if self.tta and is_doubtful else self.logits
        grey = ink if ink.dtype == np.uint8 else np.clip(np.rint(ink * 255), 0, 255)
        return explain(
            lambda tiles: predict(tiles) / np.float32(self.model.calibration["temperature"]),
            grey[0].astype(np.uint8),
            answer,
        )

    def _softmax(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = logits / np.float32(self.model.calibration["temperature"])
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    def _mean_logits(self, tiles: NDArray[Any]) -> NDArray[np.float32]:
        """(N, 10) float32: the mean logits of several views of each tile."""
        seen = views(_unit(tiles))
        logits = self.logits(seen.reshape(-1, TILE, TILE))
        return np.asarray(logits.reshape(len(seen), -1, CLASSES).mean(axis=0), np.float32)

    def logits(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 10) float32: the network's output, not calibrated."""
        return self._run_batches(_check(tiles), self._session)[0]

    def _run_batches(self, array: NDArray[Any], session: Any) -> list[NDArray[np.float32]]:
        """All outputs of a session for many tiles."""

        def run(start: int) -> list[NDArray[np.float32]]:
            return list(session.run(None, {"tiles": _unit(array[start : start + BATCH])}))

        starts = range(0, len(array), BATCH)
        if len(starts) < 2:
            return run(0)
        from concurrent.futures import ThreadPoolExecutor  # slow to import, seldom needed

        with ThreadPoolExecutor(min(self.threads, len(starts))) as pool:
            return [np.concatenate(each) for each in zip(*pool.map(run, starts), strict=True)]

    def _is_digit(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        centre, width = (self.model.calibration[key] for key in ("digit_energy", "digit_scale"))
        odds = (energy(logits) - centre) / width
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float32)


def _checked_profile(
    profile: str | os.PathLike[str] | Profile | None, model: Model
) -> Profile | None:
    """A profile opened, if it is one for this model. Raises ModelError."""
    if profile is None:
        return None
    from digits.model.profile import Profile, open_profile  # not worth its import to most readers

    opened = profile if isinstance(profile, Profile) else open_profile(profile)
    if opened.model != model.card["sha256"]:
        raise ModelError(
            f"the profile was made for another model (SHA-256 {opened.model[:8]}…; {model.name!r} "
            f"has {model.card['sha256'][:8]}…); teach this model from the corrections"
        )
    return opened


def _is_doubtful(
    probabilities: NDArray[np.float32], is_digit: NDArray[np.float32]
) -> NDArray[np.bool_]:
    return np.asarray((probabilities.max(axis=1) < SURE) & (is_digit > WORTH))


def energy(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) log of the summed exponentials of logits (N, 10): high where ink is familiar."""
    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)), np.float32)


def _unit(tiles: NDArray[Any]) -> NDArray[np.float32]:
    """Tiles in [0, 1], 1 full ink."""
    scale = np.float32(255 if tiles.dtype == np.uint8 else 1)
    return np.ascontiguousarray(tiles, np.float32) / scale


def _check(tiles: ArrayLike) -> NDArray[Any]:
    array = np.asarray(tiles)
    is_grey, is_unit = array.dtype == np.uint8, array.dtype.kind == "f"
    if array.shape[1:] != (TILE, TILE) or not (is_grey or is_unit):
        found = f"shape {array.shape} and dtype {array.dtype}"
    elif is_unit and len(array) and not (array.min() >= -SLACK and array.max() <= 1 + SLACK):
        found = f"values from {array.min():.4g} to {array.max():.4g}"
    else:
        return array
    raise ValueError(
        f"tiles have {found}; expected (N, 28, 28), uint8 in [0, 255] or float32 in [0, 1]; "
        "for pictures use Reader.digits"
    )
