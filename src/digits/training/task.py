"""A training task: what `digits.training.fit` needs to know of the network that it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from digits.training.recipe import Fit


@dataclass(frozen=True, slots=True)
class Task:
    """Data, loss, metric and export of one kind of network.

    count: samples per epoch. batches: the batches of a stage from an epoch on; their order is a
    function of seed and epoch alone. validation: Keras' validation data, or None. trainee: the
    model that a stage fits, built around the network. loss: of a stage. accuracy: (N,) from
    targets and predictions. callbacks: of this task alone. data: count and SHA-256 of the data,
    for run.json. finish: exports and scores the fitted network; takes it, the facts so far and
    the run folder, writes the model folder and returns all facts for run.json.
    """

    count: int
    batches: Callable[[Fit, int], keras.utils.PyDataset]
    validation: Any
    trainee: Callable[[keras.Model, Fit], keras.Model]
    loss: Callable[[Fit], keras.losses.Loss]
    accuracy: Callable[[Any, Any], Any]
    callbacks: list[keras.callbacks.Callback]
    data: dict[str, Any]
    finish: Callable[[keras.Model, dict[str, Any], Path], dict[str, Any]]
