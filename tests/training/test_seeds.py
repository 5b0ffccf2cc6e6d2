"""Several seeds of a recipe: independent runs, each of which goes on from its own checkpoint."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from fake_job import FakeJob
from numpy.typing import NDArray

from digits.cli import main
from digits.training.callbacks import curves_csv
from digits.training.recipe import Fit, Network, Recipe
from digits.training.seeds import Job, one_after_another, summarise

RECIPE = """
[network]
kind = "dense"
widths = [16]

[dataset]
validation = 1000

[augmentation]
shift = 0.03

[fit]
epochs = 4
batch_size = 500
learning_rate = 4e-3
"""
DRIVER = Path(__file__).with_name("seeds_driver.py")
SECONDS = 480  # the machine may be busy


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(RECIPE)
    return str(path)


def weights(folder: Path) -> list[NDArray[np.float32]]:
    return list(keras.models.load_model(folder / "model.keras").get_weights())


def equal(one: Path, other: Path) -> bool:
    pairs = zip(weights(one), weights(other), strict=True)
    return all((a == b).all() for a, b in pairs)


def score(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text("utf-8"))["score"])


def write_run(folder: Path, errors: int, **facts: Any) -> None:
    """What a finished run of two epochs leaves, as far as others read it."""
    folder.mkdir(parents=True)
    accuracy = 1 - errors / 10000
    figures = {"data": "MNIST test", "n": 10000, "errors": errors, "accuracy": accuracy,
               "interval": [0.9, 1.0]}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(facts | {"score": figures, "fit_seconds": 2.0}))
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    curves = [{"epoch": float(k), **dict.fromkeys(names, accuracy / k)} for k in (1, 2)]
    (folder / "curves.csv").write_text(curves_csv(curves))


def test_a_process_that_is_killed_costs_one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")  # else TensorFlow is imported to be silenced
    assert list(one_after_another(FakeJob(), [0, 1, 2, 3])) == [
        (0, ""),
        (1, "its process ended (exit code -9)"),
        (2, "the training diverged"),
        (3, ""),
    ]


def test_seeds_that_failed_are_named_and_tried_again(
    recipe: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "seeds"
    command = ["train", "--recipe", recipe, "--seed", "8", "--seeds", "3", "--out", str(out)]
    asked: list[int] = []
    problems = {9: "the training diverged"}

    def train(job: Job, seeds: Sequence[int]) -> Iterator[tuple[int, str]]:
        for seed in seeds:
            asked.append(seed)
            if seed not in problems:
                facts = {"recipe": job.recipe.to_dict(), "seed": seed}
                write_run(job.folder(seed), 10 * seed, **facts)
            yield seed, problems.get(seed, "")

    monkeypatch.setattr("digits.cli.seeds.one_after_another", train)
    assert main(command) == 1
    said = capsys.readouterr()
    assert said.err == (
        "digits: seed 9: the training diverged\n"
        "digits: 1 of 3 seeds are not trained; try these again with: "
        f"digits {' '.join(command)} --resume\n"
    )
    assert said.out.splitlines()[:2] == [
        "seed 8: 99.20%, fitted in 2.0 s", "seed 10: 99.00%, fitted in 2.0 s"
    ]  # fmt: skip
    assert json.loads((out / "seeds.json").read_text("utf-8"))["seeds"] == [8, 10]

    problems.clear()
    assert main(command) == 2
    assert "seed-08 holds a run already; go on with --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert asked == [8, 9, 10, 9]
    said = capsys.readouterr()
    assert "99.10% ± 0.10 (99.00% to 99.20%) over 3 seeds on MNIST test (n = 10,000)" in said.out
    assert "digits evaluate " in said.out

    assert main([*command, "--resume", "--epochs", "9"]) == 2
    assert "not of this recipe and seed as they are now" in capsys.readouterr().err
    assert asked == [8, 9, 10, 9]


def test_the_summary_has_mean_spread_and_range(tmp_path: Path) -> None:
    job = Job(Recipe("tiny", Network("dense", (8,)), Fit(2, 100, 1e-3)), tmp_path)
    for seed, errors in ((0, 200), (1, 300), (5, 400)):
        write_run(job.folder(seed), errors)

    summary = summarise(job, [0, 1, 5])

    assert json.loads(json.dumps(summary)) == json.loads(
        (tmp_path / "seeds.json").read_text("utf-8")
    )
    assert (summary["seeds"], summary["data"], summary["n"]) == ([0, 1, 5], "MNIST test", 10000)
    assert summary["errors"] == {"mean": 300, "std": 100, "min": 200, "max": 400}
    assert summary["accuracy"]["std"] == pytest.approx(0.01)
    assert summary["fit_seconds"]["std"] == 0
    assert "interval" not in summary
    assert summarise(job, [1])["accuracy"] == {
        "mean": 0.97, "std": None, "min": 0.97, "max": 0.97
    }  # fmt: skip
    assert cv2.imread(str(tmp_path / "curves.png")) is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "--seeds is 0; expected 1 or more"),
        (["--seeds", "2", "--seed", "-1"], "seeds are -1 to 0; expected 0 to 4294967295"),
        (["--engine", "ray"], "--engine is for several seeds; say how many with --seeds"),
    ],
)
def test_wrong_options_are_one_line_and_leave_nothing(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--recipe", "seed", *arguments]) == 2
    assert capsys.readouterr().err == f"digits: {message}\n"
    assert list(tmp_path.iterdir()) == []


def kill_when_there_is(file: Path) -> threading.Thread:
    """Kill the process that the command started, once it has left a file."""

    def kill() -> None:
        end = time.monotonic() + SECONDS
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.005)
        for process in multiprocessing.active_children():
            process.kill()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_a_killed_seed_is_named_and_goes_on_from_its_checkpoint(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "seeds"
    command = ["train", "--recipe", recipe, "--seed", "3", "--seeds", "2", "--out", str(out)]

    killer = kill_when_there_is(out / "seed-03" / "curves.csv")  # the last of a checkpoint
    assert main(command) == 1
    killer.join()

    said = capsys.readouterr()
    assert "digits: seed 3: its process ended (exit code -9)" in said.err
    going_on = f"1 of 2 seeds are not trained; try these again with: digits {' '.join(command)}"
    assert f"{going_on} --resume" in said.err
    assert said.out.startswith("seed 4: ")  # the other one was trained
    assert json.loads((out / "seeds.json").read_text("utf-8"))["seeds"] == [4]
    first_epoch = (out / "seed-03" / "curves.csv").read_text("utf-8").splitlines()[1]

    assert main(command) == 2
    assert "seed-03 holds a run already; go on with --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0

    assert capsys.readouterr().out.startswith("seed 3: ")
    assert first_epoch in (out / "seed-03" / "curves.csv").read_text("utf-8")  # not done again
    assert main(["train", "--recipe", recipe, "--seed", "3", "--out", str(tmp_path / "one")]) == 0
    assert equal(tmp_path / "one", out / "seed-03")
    assert not equal(out / "seed-04", out / "seed-03")
    accuracies = [score(out / name)["accuracy"] for name in ("seed-03", "seed-04")]
    summary = json.loads((out / "seeds.json").read_text("utf-8"))
    assert summary["accuracy"]["mean"] == pytest.approx(sum(accuracies) / 2)


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_on_ray_a_killed_task_is_tried_again_from_its_checkpoint(
    recipe: str, tmp_path: Path
) -> None:
    out, one = tmp_path / "seeds", tmp_path / "one"
    command = ["train", "--recipe", recipe, "--seeds", "2", "--engine", "ray", "--out", str(out)]
    process = subprocess.run(
        [sys.executable, DRIVER, out / "seed-01", *command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    [killed] = [line for line in process.stdout.splitlines() if line.startswith("killed after ")]
    curves = (out / "seed-01" / "curves.csv").read_text("utf-8")
    assert killed.removeprefix("killed after ") in curves  # its first epoch was not done again
    assert json.loads((out / "seeds.json").read_text("utf-8"))["seeds"] == [0, 1]

    # an uninterrupted run in a process with as many threads as a task has
    single = ["train", "--recipe", recipe, "--seed", "1", "--out", str(one)]
    threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "digits", *single], env=os.environ | threads, check=True)
    assert equal(one, out / "seed-01")
