from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.errors import ModelError
from digits.model.classifier import Classifier
from digits.model.store import SHIPPED, open_model, shipped_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default model under a name with a blank and a letter beyond ASCII."""
    return Path(shutil.copytree(SHIPPED / "default" / "classifier", tmp_path / "mein Modell ä"))


def change(folder: Path, **entries: object) -> None:
    card = json.loads((folder / "model.json").read_text("utf-8")) | entries
    (folder / "model.json").write_text(json.dumps(card), "utf-8")


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_are_what_their_card_says(name: str) -> None:
    model = open_model(name)

    assert model.name == name
    assert hashlib.sha256(model.network).hexdigest() == model.card["sha256"]
    assert len(model.network) == model.card["bytes"]
    assert model.card["score"]["n"] == 10_000
    assert (
        (SHIPPED / name / "classifier" / "README.md").read_text("utf-8").startswith(f"# {name}\n")
    )


EVER_SHIPPED = sorted(path.parent for path in Path(__file__).parent.glob("folders/*/model.json"))


@pytest.mark.parametrize("folder", EVER_SHIPPED, ids=lambda folder: folder.name)
def test_folders_that_shipped_earlier_still_read(
    folder: Path, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    images, labels = mnist_test
    assert (Classifier(folder).predict(images[:2000]) == labels[:2000]).mean() > 0.98


def test_the_earlier_folders_are_kept() -> None:
    assert len(EVER_SHIPPED) >= 5


def test_default_is_among_the_shipped_models() -> None:
    assert "default" in shipped_models()


def test_a_folder_anywhere_is_a_model(folder: Path) -> None:
    assert open_model(folder) == open_model(str(folder)) == open_model("default")


def test_tampered_weights_are_refused_with_both_sums(folder: Path) -> None:
    weights = bytearray((folder / "model.onnx").read_bytes())
    expected = hashlib.sha256(weights).hexdigest()
    weights[len(weights) // 2] ^= 1
    (folder / "model.onnx").write_bytes(weights)
    found = hashlib.sha256(weights).hexdigest()

    with pytest.raises(ModelError, match=f"SHA-256 {found}, expected {expected}; export"):
        open_model(folder)


def test_an_unknown_name_lists_the_models_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model 'defualt': expected a folder .* default"):
        open_model("defualt")
    for nothing in (
        tmp_path,
        tmp_path / "absent",
        SHIPPED / "default" / "classifier" / "model.onnx",
    ):
        with pytest.raises(ModelError, match="no model"):
            open_model(nothing)


def test_missing_weights_are_named(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx cannot be read: No such file"):
        open_model(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"name": "mine"}',
        b"\x00" * 100,
        pytest.param(b"[" * 100_000, id="brackets"),
    ],
)
def test_a_card_that_is_garbage_is_refused_in_one_line(content: bytes, folder: Path) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(
        ModelError, match=r"model\.json is not (the card of a model|a JSON object)"
    ) as error:
        open_model(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        {},
        {"temperature": 1, "digit_energy": 3},
        {"temperature": "warm", "digit_energy": 3, "digit_scale": 1},
        {"temperature": 0, "digit_energy": 3, "digit_scale": 1},
        {"temperature": 1, "digit_energy": 3, "digit_scale": 0},
        {"temperature": -1, "digit_energy": 3, "digit_scale": 1},
        {"temperature": float("nan"), "digit_energy": 3, "digit_scale": 1},
        {"temperature": 1, "digit_energy": float("inf"), "digit_scale": 1},
        {"temperature": 1, "digit_energy": 10**400, "digit_scale": 1},
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(calibration: object, folder: Path) -> None:
    change(folder, calibration=calibration)
    with pytest.raises(ModelError, match=r"model\.json is not (the card of a model|a JSON object)"):
        open_model(folder)


def test_weights_that_are_no_network_are_refused_when_opened(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"nonsense")
    change(folder, sha256=hashlib.sha256(b"nonsense").hexdigest())
    with pytest.raises(ModelError, match="no network that ONNX Runtime") as error:
        Classifier(folder)
    assert "\n" not in str(error.value)


def replace_network(folder: Path, names: tuple[str, str], weights: NDArray[np.float32]) -> None:
    """Put a network into a model folder that multiplies flattened tiles with weights (784, n)."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    ends = [
        helper.make_tensor_value_info(names[0], onnx.TensorProto.FLOAT, ["N", 28, 28]),
        helper.make_tensor_value_info(names[1], onnx.TensorProto.FLOAT, ["N", None]),
    ]
    nodes = [
        helper.make_node("Flatten", [names[0]], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], [names[1]]),
    ]
    initial = [onnx.numpy_helper.from_array(weights, "weights")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initial)
    opset = helper.make_opsetid("", 18)
    content = helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    change(folder, sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("names", "width", "value", "message"),
    [
        (("images", "scores"), 10, 0.1, r"\['images', 'scores'\]; expected tiles and logits"),
        (("tiles", "logits"), 11, 0.1, r"shape \(1, 11\) .* expected \(1, 10\)"),
        (("tiles", "logits"), 1, 0.1, r"shape \(1, 1\) .* expected \(1, 10\)"),
        (("tiles", "logits"), 10, np.nan, "gives NaN or infinity for blank tiles"),
    ],
)
def test_another_or_a_damaged_network_is_refused_in_one_line(
    names: tuple[str, str], width: int, value: float, message: str, folder: Path
) -> None:
    replace_network(folder, names, np.full((784, width), value, np.float32))
    with pytest.raises(ModelError, match=message) as error:
        Classifier(folder)
    assert "\n" not in str(error.value)


def test_a_network_with_ten_outputs_is_opened(folder: Path) -> None:
    replace_network(folder, ("tiles", "logits"), np.full((784, 10), 0.1, np.float32))
    assert Classifier(folder).predict(np.zeros((1, 28, 28), np.uint8)).shape == (1,)
