"""Trained network → model folder, and the forms in which other programs take it."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray

from digits.errors import DigitsError, ModelError, require
from digits.files import write_atomically, write_json
from digits.io.quiet import standard_error_aside
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.explain import Explanation, explain
from digits.model.inputs import normalise_tile
from digits.model.recogniser import Recogniser
from digits.model.spec import CHANNELS, CLASSES, LINE_DIGIT, LINE_HEIGHT, TILE
from digits.model.store import CARD, WEIGHTS, Model
from digits.synth.pen import drawn_digits

OPSET = 18
TOLERANCE = 1e-4  # of the largest output, in float32 across two runtimes
PROBES = 1000  # drawn digits on which an exported classifier is compared with its source
UNCALIBRATED = {"temperature": 1.0, "digit_energy": 0.0, "digit_scale": 1.0}


INPUTS: dict[str, dict[str, Any]] = {
    "classifier": {
        "input": {"tiles": ["N", TILE, TILE], "dtype": "float32", "range": [0, 1], "ink": "bright"},
        "normalisation": "20x20 box by area, centre of mass, as MNIST (digits.model.inputs)",
    },
    "detector": {
        "input": {"page": ["N", "H", "W", CHANNELS], "dtype": "float32", "ink": "positive"},
        "normalisation": "local contrast normalisation (digits.model.inputs)",
    },
    "recogniser": {
        "input": {
            "lines": ["N", LINE_HEIGHT, "W", CHANNELS],
            "dtype": "float32",
            "ink": "positive",
        },
        "normalisation": f"a horizontal line of digits {LINE_DIGIT} pixels high "
        "(digits.reading.page.textline)",
    },
}
"""What model.json says about the input of each kind of model."""


@dataclass(frozen=True, slots=True)
class KerasClassifier:
    """A .keras file as a classifier, without calibration and test-time augmentation."""

    name: str
    network: keras.Model

    def probabilities(self, tiles: ArrayLike) -> NDArray[np.float32]:
        """(N, 28, 28) uint8 or float32 in [0, 1] → (N, 10) float32, rows sum to 1."""
        return np.asarray(keras.ops.softmax(logits(self.network, np.asarray(tiles))))

    def explain(self, tile: ArrayLike) -> Explanation:
        """The attribution of one tile (28, 28) uint8 for the likeliest and the next digit."""
        return explain(lambda tiles: logits(self.network, tiles), np.asarray(tile, np.uint8))


def load_keras(path: str | Path) -> KerasClassifier:
    """Open a .keras file of a network from tiles (N, 28, 28) to ten scores.

    Raises ModelError if it is no Keras file or another kind of network.
    """
    try:
        network = keras.models.load_model(path, compile=False)
        shapes = network.input_shape, network.output_shape
    except Exception as error:  # Keras raises whatever the damaged part raised
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"{path} cannot be opened as a Keras model: {reason}") from error
    if shapes != ((None, TILE, TILE), (None, CLASSES)):
        raise ModelError(
            f"{path} takes {shapes[0]} and gives {shapes[1]}; "
            f"expected (None, {TILE}, {TILE}) and (None, {CLASSES})"
        )
    return KerasClassifier(Path(path).stem, network)


def logits(network: keras.Model, tiles: NDArray[Any]) -> NDArray[np.float32]:
    """The network's outputs (N, 10) before any softmax; tiles uint8, or float32 in [0, 1]."""
    plain = without_softmax(network)
    scale = np.float32(255 if tiles.dtype.kind == "u" else 1)
    batches = [
        np.asarray(plain(tiles[start : start + 1000].astype(np.float32) / scale, training=False))
        for start in range(0, len(tiles), 1000)
    ]
    return np.concatenate(batches)


def save_keras(network: keras.Model, path: Path) -> None:
    """Save a network as a .keras file, whole or not at all. Raises DigitsError, naming the file."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / path.name
        try:
            network.save(temporary)
        except OSError as error:
            raise DigitsError(f"cannot write {path}: {error.strerror or error}") from error
        write_atomically(path, temporary.read_bytes())


def write_model(graph: bytes, folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Write model.onnx and model.json into `folder`; return the contents of model.json.

    card: name, kind, calibration and whatever else model.json is to hold.
    """
    card = (
        card
        | INPUTS[card.get("kind", "classifier")]
        | {
            "classes": list(range(CLASSES)),
            "sha256": hashlib.sha256(graph).hexdigest(),
            "bytes": len(graph),
            "schema": 1,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / WEIGHTS, graph)
    write_json(folder / CARD, card)
    return card


def open_classifier(graph: bytes, name: str = "exported") -> Classifier:
    """An ONNX graph as a classifier without calibration and augmentation. Raises ModelError."""
    return Classifier(Model(name, graph, UNCALIBRATED, {}), tta=False)


def export(network: keras.Model, form: str) -> bytes:
    """The network in one of FORMS, giving logits (N, 10) for tiles (N, 28, 28) float32 in [0, 1].

    The export is opened again and compared with the network on 1,000 drawn digits. Raises
    ModelError if the outputs differ, MissingExtraError if the form's runtime is missing.
    """
    write, run = FORMS[form]
    plain = without_softmax(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{SUFFIXES[form]}"
        write(plain, path)
        content = path.read_bytes()
        tiles = _probe_tiles()
        _compare(logits(plain, tiles), run(path, tiles), form)
    return content


def export_detector(network: keras.Model, crops: NDArray[np.float32]) -> bytes:
    """A detector in ONNX, from pages (N, H, W, 3) to maps (N, H/4, W/4, 14).

    The export is opened again and compared with the network on crops (N, side, side, 3). Raises
    ModelError if the outputs differ.
    """
    content = _graph(network, (None, None, None, CHANNELS), "page", "maps")
    detector = open_detector(content)
    expected = np.asarray(network(crops, training=False))
    _compare(expected, np.stack([detector.maps(crop) for crop in crops]), "onnx")
    return content


def export_recogniser(network: keras.Model, lines: NDArray[np.float32]) -> bytes:
    """A recogniser in ONNX, from line crops (N, 48, W, 3) to logits (N, W/4, TOKENS).

    The export is opened again and compared with the network on these line crops. Raises ModelError
    if the outputs differ.
    """
    content = _graph(network, (None, LINE_HEIGHT, None, CHANNELS), "lines", "logits")
    expected = np.asarray(keras.ops.softmax(network(lines, training=False)))
    _compare(expected, np.stack(open_recogniser(content).probabilities(list(lines))), "onnx")
    return content


def open_recogniser(graph: bytes) -> Recogniser:
    """An ONNX graph as a recogniser with temperature 1. Raises ModelError."""
    return Recogniser(Model("exported", graph, {"temperature": 1.0}, {}))


def _graph(network: keras.Model, shape: tuple[int | None, ...], source: str, target: str) -> bytes:
    """An ONNX graph whose input and output have these names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        _write_graph(network, path, shape, source, target)
        return path.read_bytes()


def open_detector(graph: bytes, score_threshold: float = 0.0) -> Detector:
    """An ONNX graph as a detector. Raises ModelError."""
    return Detector(Model("exported", graph, {"score_threshold": score_threshold}, {}))


def _write_onnx(network: keras.Model, path: Path) -> None:
    _write_graph(network, path, (None, TILE, TILE), "tiles", "logits")


def _write_graph(
    network: keras.Model, path: Path, shape: tuple[int | None, ...], source: str, target: str
) -> None:
    """Write an ONNX graph whose input and output have these names."""
    signature = [keras.InputSpec(dtype="float32", shape=shape, name=source)]
    with warnings.catch_warnings():
        # of an alias that Keras uses for tf2onnx
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        network.export(
            path, format="onnx", verbose=False, opset_version=OPSET, input_signature=signature
        )
    graph = onnx.load(path)
    _rename(graph.graph, graph.graph.input[0].name, source)
    _rename(graph.graph, graph.graph.output[0].name, target)
    graph.doc_string = ""
    onnx.checker.check_model(graph)
    path.write_bytes(graph.SerializeToString())


def _run_onnx(path: Path, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    return open_classifier(path.read_bytes()).logits(tiles)


def _write_litert(network: keras.Model, path: Path) -> None:
    require("ai_edge_litert", "train")
    with standard_error_aside():  # the converter logs despite verbose=False
        network.export(path, format="litert", verbose=False)


def _run_litert(path: Path, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    interpreter = require("ai_edge_litert.interpreter", "train").Interpreter(str(path))
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(source["index"], tiles.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], tiles)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(target["index"]))


def _write_keras(network: keras.Model, path: Path) -> None:
    network.save(path)


def _run_keras(path: Path, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    return logits(load_keras(path).network, tiles)


FORMS = {
    "onnx": (_write_onnx, _run_onnx),
    "litert": (_write_litert, _run_litert),
    "keras": (_write_keras, _run_keras),
}
SUFFIXES = {"onnx": ".onnx", "litert": ".tflite", "keras": ".keras"}


@cache
def _probe_tiles() -> NDArray[np.float32]:
    inks, _ = drawn_digits(PROBES, seed=0)
    tiles = np.stack([normalise_tile(ink) for ink in inks])
    return np.asarray(tiles / 255, np.float32)


def without_softmax(network: keras.Model) -> keras.Model:
    """The network without a softmax at its end; the network itself if it has none."""
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


def _compare(expected: NDArray[np.float32], found: NDArray[np.float32], form: str) -> None:
    error = float(np.abs(expected - found).max() / max(1.0, float(np.abs(expected).max())))
    if not error <= TOLERANCE:
        raise ModelError(
            f"the network exported to {form} differs from its source by {error:.2g} of its "
            f"largest output, more than {TOLERANCE}; nothing was written"
        )
