"""Learning from what a trained network says, besides the labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from digits.model.store import keras_file
from digits.training.export import load_keras, without_softmax
from digits.training.networks import in_bfloat16


class Taught(keras.layers.Layer):
    """Scores as they are; in training their cross-entropy to a teacher's adds to the loss.

    What the teacher holds possible besides the label tells more than the label does (Hinton et al.
    2015, "Distilling the Knowledge in a Neural Network"). teacher: from tiles to scores (N, 10);
    weight: of its part of the loss, that of the labels being 1.
    """

    def __init__(self, teacher: Callable[..., Any], weight: float) -> None:
        super().__init__()
        # a function, for a layer's weights would count as those of what learns
        self._ask = lambda tiles: keras.ops.softmax(teacher(tiles, training=False))
        self._weight = weight

    def call(self, scores: Any, tiles: Any, training: bool = False) -> Any:
        """Scores (N, 10) of the tiles (N, 28, 28) float32, unchanged."""
        if training:
            wanted = keras.ops.stop_gradient(self._ask(tiles))  # type: ignore[no-untyped-call]
            apart = keras.losses.categorical_crossentropy(wanted, scores, from_logits=True)
            self.add_loss(self._weight * keras.ops.mean(apart))
        return scores


def open_teacher(name: str, bfloat16: bool = False) -> keras.Model:
    """A shipped model, a run folder or a .keras file, from tiles to scores. Raises ModelError."""
    network = without_softmax(load_keras(keras_file(name)).network)
    return in_bfloat16(network) if bfloat16 else network
