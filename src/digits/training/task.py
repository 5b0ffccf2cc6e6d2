"""What a training needs to know of its task, whether it is of tiles or of pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from digits.training.recipe import Fit


@dataclass(frozen=True, slots=True)
class Lesson:
    """The task of a recipe, ready to be learned.

    count: samples an epoch. batches: those of a stage, from an epoch on; their order is a
    function of seed and epoch alone. validation: what Keras validates on, or None. learner: the
    model to fit in a stage, around the network that learns. loss, accuracy: of what was wanted
    and what it gives. callbacks: of this task alone. data: count and SHA-256 for run.json.
    finish: from the fitted network, what is known so far and the run folder to all that run.json
    says, the model folder's files written.
    """

    count: int
    batches: Callable[[Fit, int], keras.utils.PyDataset]
    validation: Any
    learner: Callable[[keras.Model, Fit], keras.Model]
    loss: Callable[[Fit], keras.losses.Loss]
    accuracy: Callable[[Any, Any], Any]
    callbacks: list[keras.callbacks.Callback]
    data: dict[str, Any]
    finish: Callable[[keras.Model, dict[str, Any], Path], dict[str, Any]]
