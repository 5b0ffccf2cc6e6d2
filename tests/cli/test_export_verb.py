from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter

from digits.cli import main
from digits.model.store import SHIPPED, WEIGHTS
from digits.training import networks
from digits.training.recipe import Network

Captured = pytest.CaptureFixture[str]
TILES = np.random.default_rng(0).random((50, 28, 28), np.float32)


@pytest.fixture(scope="module", params=["dense", "residual"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with one file in it."""
    keras.utils.set_random_seed(1)
    widths = (16,) if request.param == "dense" else (4, 8)
    folder = tmp_path_factory.mktemp(request.param)
    networks.build(Network(request.param, widths)).save(folder / "model.keras")
    return folder


def scores(source: Path) -> np.ndarray:
    """What the source says, before any softmax."""
    network = keras.models.load_model(source / "model.keras")
    given = np.asarray(network(TILES))
    return np.log(given) if given.min() >= 0 else given


def centred(logits: np.ndarray) -> np.ndarray:
    return logits - logits.mean(axis=1, keepdims=True)


def test_onnx(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "digits.onnx"
    assert main(["export", str(source), "--to", "onnx", "--out", str(out)]) == 0
    found = onnxruntime.InferenceSession(out).run(["logits"], {"tiles": TILES})[0]
    assert centred(found) == pytest.approx(centred(scores(source)), abs=1e-4)


def test_litert_with_built_in_operations(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "digits.tflite"
    assert main(["export", str(source), "--to", "litert", "--out", str(out)]) == 0
    interpreter = Interpreter(str(out))
    given = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(given, TILES.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given, TILES)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert centred(found) == pytest.approx(centred(scores(source)), abs=1e-4)


def test_keras_under_its_own_name(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(source), "--to", "keras"]) == 0
    (written,) = tmp_path.iterdir()
    assert written.name == f"{source.name}.keras"
    assert f"{written.name}: " in capsys.readouterr().out
    found = np.asarray(keras.models.load_model(written)(TILES))
    assert centred(found) == pytest.approx(centred(scores(source)), abs=1e-4)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nowhere", "'nowhere' has no model.keras; expected"),
        ("absent.keras", "cannot be opened as a Keras model"),
    ],
)
def test_what_cannot_be_exported(model: str, message: str, capsys: Captured) -> None:
    assert main(["export", model, "--to", "onnx", "--out", "x.onnx"]) == 2
    assert message in capsys.readouterr().err
    assert not Path("x.onnx").exists()


def test_the_source_is_never_overwritten(source: Path, capsys: Captured) -> None:
    path = source / "model.keras"
    before = path.read_bytes()
    assert main(["export", str(path), "--to", "keras", "--out", str(path)]) == 2
    assert "is the source itself" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("form", ["onnx", "litert", "keras"])
def test_a_network_whose_copy_differs_is_not_written(
    form: str, tmp_path: Path, capsys: Captured
) -> None:
    network = networks.build(Network("dense", (16,)))
    network.set_weights([np.full_like(weights, np.nan) for weights in network.get_weights()])
    network.save(tmp_path / "broken.keras")
    out = tmp_path / "out"
    assert main(["export", str(tmp_path / "broken.keras"), "--to", form, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "differs from its source by nan" in error or "gives NaN or infinity" in error
    assert not out.exists()


def test_a_folder_is_no_file_to_write(source: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["export", str(source), "--to", "onnx", "--out", str(tmp_path)]) == 2
    assert "expected a file name in a folder that exists" in capsys.readouterr().err


def test_the_shipped_model_is_the_network_it_was_made_from(
    tmp_path: Path, mnist_test: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = mnist_test[0][:3000], mnist_test[1][:3000]
    assert main(["export", "default", "--to", "onnx", "--out", str(tmp_path / "x.onnx")]) == 0
    session = onnxruntime.InferenceSession(tmp_path / "x.onnx")
    found = session.run(["logits"], {"tiles": images.astype(np.float32) / 255})[0].argmax(axis=1)
    shipping = onnxruntime.InferenceSession(SHIPPED / "default" / "classifier" / WEIGHTS)
    shipped = shipping.run(["logits"], {"tiles": images.astype(np.float32) / 255})[0].argmax(axis=1)
    assert (found != shipped).mean() < 0.001
    assert (found == labels).mean() > 0.99
