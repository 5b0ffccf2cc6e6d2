"""Trained network → model folder."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray

from digits.errors import ModelError
from digits.files import write_atomically, write_json
from digits.model.classifier import Classifier
from digits.model.store import CARD, WEIGHTS

OPSET = 18
TOLERANCE = 1e-3  # of logits, in float32 across two engines


@dataclass(frozen=True, slots=True)
class KerasClassifier:
    """A .keras file that answers as a Classifier does, uncalibrated."""

    name: str
    network: keras.Model

    def probabilities(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 28, 28) uint8 or float32 in [0, 1] → (N, 10) float32, rows sum to 1."""
        return np.asarray(keras.ops.softmax(logits(self.network, np.asarray(tiles))))


def load_keras(path: str | Path) -> KerasClassifier:
    """Open a .keras file of a network from tiles (N, 28, 28) to ten scores.

    Raises ModelError if it is no such network.
    """
    try:
        network = keras.models.load_model(path, compile=False)
        shapes = network.input_shape, network.output_shape
    except Exception as error:  # Keras raises whatever the damaged part raised
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"{path} cannot be opened as a Keras model: {reason}") from error
    if shapes != ((None, 28, 28), (None, 10)):
        raise ModelError(
            f"{path} takes {shapes[0]} and gives {shapes[1]}; "
            "expected (None, 28, 28) and (None, 10)"
        )
    return KerasClassifier(Path(path).stem, network)


def logits(network: keras.Model, tiles: NDArray[Any]) -> NDArray[np.float32]:
    """The network's scores (N, 10) before any softmax; tiles uint8, or float32 in [0, 1]."""
    plain = _without_softmax(network)
    scale = np.float32(255 if tiles.dtype.kind == "u" else 1)
    batches = [
        np.asarray(plain(tiles[start : start + 1000].astype(np.float32) / scale, training=False))
        for start in range(0, len(tiles), 1000)
    ]
    return np.concatenate(batches)


def export_model(
    network: keras.Model, folder: Path, card: dict[str, Any], calibration: dict[str, float]
) -> dict[str, Any]:
    """Write model.onnx and model.json into `folder`; returns the card, completed.

    The ONNX graph is compared with the network before it is put in place. Raises ModelError if
    they differ.
    """
    weights = to_onnx(network)
    card = card | {
        "classes": list(range(10)),
        "input": {"tiles": ["N", 28, 28], "dtype": "float32", "range": [0, 1], "ink": "bright"},
        "normalisation": "20x20 box by area, centre of mass, as MNIST (digits.reading.tile)",
        "calibration": calibration,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "bytes": len(weights),
        "schema": 1,
    }
    with tempfile.TemporaryDirectory() as trial:
        _write(Path(trial), weights, card)
        _compare(network, Classifier(trial), calibration["temperature"])
    _write(folder, weights, card)
    return card


def to_onnx(network: keras.Model) -> bytes:
    """The network as an ONNX graph from `tiles` to `logits`."""
    plain = _without_softmax(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        signature = [keras.InputSpec(dtype="float32", shape=(None, 28, 28), name="tiles")]
        with warnings.catch_warnings():
            # about an alias that Keras looks for on behalf of tf2onnx
            warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
            plain.export(
                path, format="onnx", verbose=False, opset_version=OPSET, input_signature=signature
            )
        graph = onnx.load(path)
    _rename(graph.graph, graph.graph.input[0].name, "tiles")
    _rename(graph.graph, graph.graph.output[0].name, "logits")
    graph.doc_string = ""
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def _without_softmax(network: keras.Model) -> keras.Model:
    last = network.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(network.inputs[0], last.input)
    if getattr(last, "activation", None) is not keras.activations.softmax:
        return network
    plain = keras.models.clone_model(network)
    plain.set_weights(network.get_weights())
    plain.layers[-1].activation = keras.activations.linear
    return plain


def _rename(graph: Any, old: str, new: str) -> None:
    for value in (*graph.input, *graph.output):
        if value.name == old:
            value.name = new
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new


def _compare(network: keras.Model, exported: Classifier, temperature: float) -> None:
    tiles = np.random.default_rng(0).random((1000, 28, 28), np.float32) ** 4
    wanted = np.asarray(keras.ops.softmax(logits(network, tiles) / temperature))
    apart = float(np.abs(wanted - exported.probabilities(tiles)).max())
    if not apart <= TOLERANCE:
        raise ModelError(
            f"the exported network differs from its source by {apart:.2g} in probability, "
            f"more than {TOLERANCE}; nothing was written"
        )


def _write(folder: Path, weights: bytes, card: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / WEIGHTS, weights)
    write_json(folder / CARD, card)
