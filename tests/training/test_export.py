from __future__ import annotations

import json
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

from digits.errors import ModelError
from digits.model.classifier import Classifier, energy
from digits.training import networks
from digits.training.calibrate import calibrate
from digits.training.datasets.tiles import Digits
from digits.training.export import export, load_keras, logits, write_model
from digits.training.recipe import Network

PLAIN = {"temperature": 1.0, "digit_energy": 0.0, "digit_scale": 1.0}


def dense() -> keras.Model:
    return networks.build(Network("dense", (24,)))


def residual() -> keras.Model:
    """With weights and running means that a training could have left."""
    network = networks.build(Network("residual", (4, 8, 8)))
    rng = np.random.default_rng(0)
    network.set_weights([abs(rng.normal(0.1, 0.2, w.shape)) for w in network.get_weights()])
    return network


def separate_softmax() -> keras.Model:
    """As people write it who like a layer for each thing."""
    return keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(10), layers.Softmax()]
    )


def softmax_as_activation_layer() -> keras.Model:
    tiles = keras.Input((28, 28))
    scores = layers.Dense(10)(layers.Flatten()(tiles))
    return keras.Model(tiles, layers.Activation("softmax")(scores))


NETWORKS = [dense, residual, separate_softmax, softmax_as_activation_layer]


@pytest.fixture(scope="module")
def tiles(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return mnist_test[0][:1000]


@pytest.mark.parametrize("build", NETWORKS)
def test_onnx_gives_on_real_digits_what_keras_gives(
    build: object, tiles: NDArray[np.uint8], tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    network = build()  # type: ignore[operator]
    ends_in_softmax = build is not residual
    given = np.asarray(network(tiles.astype(np.float32) / 255))
    wanted = given if ends_in_softmax else np.asarray(keras.ops.softmax(given))
    network.save(tmp_path / "model.keras")

    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        graph = export(network, "onnx")
    write_model(graph, tmp_path, {"name": "mine", "calibration": PLAIN})

    scores = Classifier(tmp_path).logits(tiles)  # its probabilities look twice at what is doubted
    exported = np.asarray(keras.ops.softmax(scores))
    assert exported == pytest.approx(wanted, abs=1e-5)
    assert (exported.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.999
    assert load_keras(tmp_path / "model.keras").probabilities(tiles) == pytest.approx(
        wanted, abs=1e-5
    )


@pytest.mark.parametrize("build", NETWORKS)
def test_logits_are_those_before_any_softmax(
    build: object, tiles: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = build()  # type: ignore[operator]
    scores = logits(network, tiles)
    centre = float(np.median(energy(scores)))

    # the energy of probabilities would be 0 for every tile, and could tell nothing
    assert energy(scores).std() > 0.01
    card = PLAIN | {"digit_energy": centre, "digit_scale": 0.1}
    write_model(export(network, "onnx"), tmp_path, {"name": "mine", "calibration": card})
    wanted = 1 / (1 + np.exp(-np.clip((energy(scores) - centre) / 0.1, -60, 60)))
    assert Classifier(tmp_path).is_digit(tiles) == pytest.approx(wanted, abs=1e-3)
    assert logits(network, tiles.astype(np.float32) / 255) == pytest.approx(scores, abs=1e-4)


def test_a_model_folder_says_what_it_takes_and_was_calibrated_to(
    training: Digits, tmp_path: Path
) -> None:
    network = dense()
    scores = logits(network, training.images)
    values = calibrate(scores, training.labels, scores[::-1])

    facts = {"name": "mine", "seed": 3, "calibration": values}
    card = write_model(export(network, "onnx"), tmp_path / "new folder", facts)

    assert json.loads((tmp_path / "new folder" / "model.json").read_text("utf-8")) == card
    assert card["calibration"] == values
    assert card["classes"] == list(range(10))
    assert card["bytes"] == (tmp_path / "new folder" / "model.onnx").stat().st_size
    assert (card["name"], card["seed"]) == ("mine", 3)
    assert sorted(path.name for path in (tmp_path / "new folder").iterdir()) == [
        "model.json",
        "model.onnx",
    ]


def test_a_network_whose_copy_differs_is_not_written() -> None:
    network = dense()
    network.set_weights([np.full_like(weights, np.nan) for weights in network.get_weights()])
    with pytest.raises(ModelError, match="gives NaN or infinity for blank tiles"):
        export(network, "onnx")


def test_what_is_no_keras_network_for_tiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be opened as a Keras model: File not found"):
        load_keras(tmp_path / "absent.keras")

    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(ModelError, match=r"broken\.keras cannot be opened") as error:
        load_keras(tmp_path / "broken.keras")
    assert "\n" not in str(error.value)

    keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]).save(
        tmp_path / "channels.keras"
    )
    with pytest.raises(ModelError, match=r"takes \(None, 28, 28, 1\) .* expected \(None, 28, 28\)"):
        load_keras(tmp_path / "channels.keras")

    pair = [keras.Input((28, 28)), keras.Input((28, 28))]
    keras.Model(pair, layers.Dense(10)(layers.Flatten()(layers.Add()(pair)))).save(
        tmp_path / "two.keras"
    )
    with pytest.raises(ModelError, match=r"takes .*expected \(None, 28, 28\)"):
        load_keras(tmp_path / "two.keras")
