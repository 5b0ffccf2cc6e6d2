from __future__ import annotations

import _thread
import csv
import hashlib
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from digits.cli import main
from digits.model.classifier import Classifier

FILES = {
    "run.json", "curves.csv", "curves.png", "model.keras", "model.onnx", "model.json", "README.md",
}  # fmt: skip

RECIPE = """
[network]
kind = "dense"
widths = [16]

[dataset]
validation = 1000

[augmentation]
shift = 0.03

[fit]
epochs = 3
batch_size = 250
learning_rate = 4e-3
steps_per_execution = 10
"""


@dataclass(frozen=True, slots=True)
class Done:
    """A run that nothing interrupted, in a process of its own."""

    folder: Path
    output: str
    errors: str

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(RECIPE)
    return path


def command(recipe: Path, out: Path) -> list[str]:
    return ["train", "--recipe", str(recipe), "--seed", "7", "--out", str(out)]


@pytest.fixture(scope="module")
def done(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    out = tmp_path_factory.mktemp("runs") / "ein Lauf ä"
    process = subprocess.run(
        [sys.executable, "-m", "digits", *command(recipe, out)], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    return Done(out, process.stdout, process.stderr)


def weights(folder: Path) -> list[NDArray[np.float32]]:
    return list(keras.models.load_model(folder / "model.keras").get_weights())


def curves(folder: Path) -> list[dict[str, str]]:
    with (folder / "curves.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_folder_holds_a_whole_run(done: Done) -> None:
    assert {path.name for path in done.folder.iterdir()} >= FILES
    assert not [path for path in done.folder.iterdir() if path.name.startswith(".")]
    rows = curves(done.folder)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert float(rows[-1]["val_accuracy"]) > 0.9
    picture = cv2.imread(str(done.folder / "curves.png"))
    assert picture is not None
    assert min(picture.shape[:2]) > 200


def test_the_network_is_kept_without_the_state_of_its_training(done: Done) -> None:
    path = done.folder / "model.keras"
    network = keras.models.load_model(path)
    assert path.stat().st_size < 1.5 * 4 * network.count_params()


def test_run_json_tells_what_it_takes_to_make_it_again(done: Done) -> None:
    run = done.json("run.json")

    assert run["recipe"]["name"] == "tiny"
    assert run["recipe"]["fit"]["epochs"] == 3
    assert run["recipe"]["augmentation"]["shift"] == 0.03
    assert run["seed"] == 7
    assert run["data"]["digits"] == 59_000
    assert len(run["data"]["sha256"]) == 64
    assert {"python", "keras", "numpy", "onnxruntime"} < set(run["versions"])
    assert run["machine"]["cores"] >= 1
    seconds = sum(float(row["seconds"]) for row in curves(done.folder))
    assert run["fit_seconds"] == pytest.approx(seconds, abs=0.02)


def test_the_score_is_that_of_the_exported_model(
    done: Done, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    images, labels = mnist_test
    score = done.json("run.json")["score"]

    errors = int((Classifier(done.folder, tta=False).predict(images) != labels).sum())
    assert (score["n"], score["errors"]) == (10_000, errors)
    assert score["accuracy"] == 1 - errors / 10_000 > 0.9
    assert score["interval"][0] < score["accuracy"] < score["interval"][1]
    assert f"{score['accuracy']:.2%} on MNIST test (n = 10,000, {errors} errors)" in done.output


def test_the_folder_is_a_model_that_can_tell_ink_from_digits(
    done: Done, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    card = done.json("model.json")
    onnx = (done.folder / "model.onnx").read_bytes()

    assert card["sha256"] == hashlib.sha256(onnx).hexdigest()
    assert card["name"] == "tiny"
    assert card["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    assert card["score"] == done.json("run.json")["score"]
    assert card["sha256"] in (done.folder / "README.md").read_text("utf-8")
    is_digit = Classifier(done.folder).is_digit(mnist_test[0])
    assert np.median(is_digit) > 0.5
    assert is_digit.std() > 0.01


def test_nothing_but_the_epochs_is_said_on_the_way(done: Done) -> None:
    lines = done.errors.splitlines()
    assert [line[:10] for line in lines] == ["epoch 1/3 ", "epoch 2/3 ", "epoch 3/3 "]
    assert "validation" in lines[0]
    assert len(done.output.splitlines()) == 1


def test_a_killed_run_goes_on_and_ends_bit_for_bit_the_same(
    done: Done, recipe: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "digits", *command(recipe, tmp_path)], stderr=subprocess.DEVNULL
    )
    try:
        while not (tmp_path / "checkpoint.npz").exists():
            assert process.poll() is None
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    assert "score" not in json.loads((tmp_path / "run.json").read_text("utf-8"))

    assert main([*command(recipe, tmp_path), "--resume"]) == 0

    for one, other in zip(weights(tmp_path), weights(done.folder), strict=True):
        assert (one == other).all()
    assert [row | {"seconds": ""} for row in curves(tmp_path)] == [
        row | {"seconds": ""} for row in curves(done.folder)
    ]
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert run["score"]["errors"] == done.json("run.json")["score"]["errors"]


def test_ctrl_c_says_how_to_go_on(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def press() -> None:
        deadline = time.monotonic() + 60
        while not (tmp_path / "checkpoint.npz").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        _thread.interrupt_main()

    # where the tests run in the background, a shell has SIGINT ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=press, daemon=True).start()
        assert main([*command(recipe, tmp_path), "--epochs", "100"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)

    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"digits: stopped; the same command with --resume goes on in {tmp_path}"
    assert (tmp_path / "checkpoint.npz").exists()
    assert "score" not in json.loads((tmp_path / "run.json").read_text("utf-8"))


def test_a_finished_run_is_not_trained_again(
    done: Done,
    recipe: Path,
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    images, _ = mnist_test
    before = {name: (done.folder / name).read_bytes() for name in ("curves.csv", "checkpoint.npz")}
    run, probabilities = done.json("run.json"), Classifier(done.folder).probabilities(images[:1000])

    assert main(command(recipe, done.folder)) == 2
    assert "holds a run already; go on with --resume" in capsys.readouterr().err
    assert main([*command(recipe, done.folder), "--resume"]) == 0

    output = capsys.readouterr()
    assert output.out == done.output
    assert output.err == ""
    assert {name: (done.folder / name).read_bytes() for name in before} == before
    assert done.json("run.json") == run
    assert (Classifier(done.folder).probabilities(images[:1000]) == probabilities).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "sead"], "no recipe 'sead'"),
        (["--epochs", "0"], "--epochs is 0; expected 1 or more"),
        (["--seed", "-1"], "the seed is -1; expected 0 to"),
    ],
)
def test_a_wrong_call_is_one_line_and_leaves_nothing(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["train", *arguments]) == 2

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"digits: {message}")
    assert output.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
