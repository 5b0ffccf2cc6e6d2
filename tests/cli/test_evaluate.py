from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.cli import evaluate
from digits.errors import DigitsError

onnx = pytest.importorskip("onnx")


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture(scope="module")
def model(
    tmp_path_factory: pytest.TempPathFactory,
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> Path:
    """A model folder: the nearest mean of each digit, which reads about four in five."""
    tiles, labels = mnist_test
    ink = tiles.reshape(-1, 784).astype(np.float32) / 255
    means = np.stack([ink[labels == digit].mean(axis=0) for digit in range(10)])
    folder = tmp_path_factory.mktemp("nearest mean")
    weights = linear(means.T, -(means**2).sum(axis=1) / 2)
    (folder / "model.onnx").write_bytes(weights)
    card = {
        "name": "nearest",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "calibration": {"temperature": 1.0, "digit_energy": 0.0, "digit_scale": 1.0},
    }
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def linear(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """ONNX bytes of logits = flat tiles @ weights (784, 10) + bias (10,)."""
    helper = onnx.helper
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["tiles"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
        ],
        "linear",
        [helper.make_tensor_value_info("tiles", onnx.TensorProto.FLOAT, ["N", 28, 28])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 10])],
        [
            onnx.numpy_helper.from_array(np.ascontiguousarray(weights, np.float32), "weights"),
            onnx.numpy_helper.from_array(np.asarray(bias, np.float32), "bias"),
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    return bytes(made.SerializeToString())


def test_json_is_one_object_a_model(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(model, model, "--json") == 0

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["model"], first["n"]) == (str(model), 10_000)
    assert 0.8 < first["accuracy"] < 0.85
    assert first["interval"][0] < first["accuracy"] < first["interval"][1]
    assert first["errors"] == 10_000 - np.trace(first["confusion"])
    assert first["n_without_disputed"] == 9_985
    assert first["risk_coverage"]["curve"][-1]["coverage"] == 1
    assert first["risk_coverage"]["curve"][-1]["risk"] == first["errors"] / 10_000
    assert second["confusion"] == first["confusion"]


def test_a_model_that_fails_does_not_stop_the_others(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("no such model", model, "--json") == 1

    output = capsys.readouterr()
    failed, scored = map(json.loads, output.out.splitlines())
    assert failed["model"] == "no such model"
    assert "no model" in failed["error"]
    assert scored["n"] == 10_000
    assert output.err.startswith("digits: no such model: ")


def test_weights_that_were_changed_are_refused(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.json").write_bytes((model / "model.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes((model / "model.onnx").read_bytes() + b"x")

    assert run(tmp_path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "SHA-256" in output.err


def test_people_get_a_summary_and_the_page(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jinja2")
    page = tmp_path / "page.html"

    assert run(model, model, "--html", page) == 0

    text = capsys.readouterr().out
    assert "without disputed" in text
    assert "coverage at 99.9 %" in text
    assert "may well be chance" in text
    assert str(page) in text
    assert "Side by side" in page.read_text("utf-8")
    assert page.read_text("utf-8").count("If only sure answers are kept") == 2


def test_a_page_that_cannot_be_written_is_told_before_the_evaluation(tmp_path: Path) -> None:
    with pytest.raises(DigitsError, match="expected a file name in a folder that exists"):
        run("default", "--data", tmp_path / "unused", "--html", tmp_path / "nowhere" / "page.html")
    with pytest.raises(DigitsError, match="cannot write"):
        run("default", "--html", tmp_path)
