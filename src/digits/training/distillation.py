"""Knowledge distillation: the probabilities of a trained network as a second target.

Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", arXiv 1503.02531.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from digits.model.store import keras_file
from digits.training.export import load_keras, without_softmax
from digits.training.networks import in_bfloat16


class DistillationLoss(keras.layers.Layer):
    """Pass logits through; in training, add their cross-entropy to a network's probabilities.

    network: from tiles (N, 28, 28) to logits (N, 10); its weights are not trained. weight: of
    this loss, that of the labels being 1.
    """

    def __init__(self, network: Callable[..., Any], weight: float) -> None:
        super().__init__()
        # a function, since a layer as an attribute would add its weights to the trained network's
        self._probabilities = lambda tiles: keras.ops.softmax(network(tiles, training=False))
        self._weight = weight

    def call(self, logits: Any, tiles: Any, training: bool = False) -> Any:
        """Logits (N, 10) of the tiles (N, 28, 28) float32, unchanged."""
        if training:
            target = keras.ops.stop_gradient(self._probabilities(tiles))  # type: ignore[no-untyped-call]
            loss = keras.losses.categorical_crossentropy(target, logits, from_logits=True)
            self.add_loss(self._weight * keras.ops.mean(loss))
        return logits


def open_network(name: str, bfloat16: bool = False) -> keras.Model:
    """A shipped model, run folder or .keras file, from tiles to logits. Raises ModelError."""
    network = without_softmax(load_keras(keras_file(name)).network)
    return in_bfloat16(network) if bfloat16 else network
