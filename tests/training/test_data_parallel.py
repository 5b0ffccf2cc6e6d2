"""Two processes train one network: the weights of one process, also when a process is killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from worker_driver import RECIPE as TINY
from worker_driver import trained

from digits.cli import main
from digits.training.data_parallel import Share, Workers
from digits.training.datasets.tiles import Digits
from digits.training.recipe import Fit, Network, Recipe, load_recipe
from digits.training.tasks import tiles

RECIPE = """
[network]
kind = "convolutional"
widths = [4, 4, 8]

[dataset]
validation = 999

[fit]
epochs = 6
batch_size = 5000
learning_rate = 4e-3
"""
DRIVER = Path(__file__).with_name("worker_driver.py")
SECONDS = 480  # the machine may be busy


@dataclass(frozen=True, slots=True)
class Cluster:
    """Two workers on this machine that train into a folder."""

    recipe: Path
    out: Path
    ports: tuple[int, int]

    def worker(self, rank: int) -> AbstractContextManager[subprocess.Popen[str]]:
        """A worker; it is ended with the block."""
        command = ["-m", "digits", "train", "--recipe", self.recipe, "--out", self.out, "--resume"]
        return worker(rank, self.ports, *command)

    def epochs(self) -> list[str]:
        """The rows of the curves so far."""
        curves = self.out / "curves.csv"
        return curves.read_text("utf-8").splitlines()[1:] if curves.exists() else []


@contextmanager
def worker(
    rank: int, ports: tuple[int, int], *command: str | Path
) -> Iterator[subprocess.Popen[str]]:
    """A process of Python that is a worker."""
    addresses = [f"127.0.0.1:{port}" for port in ports]
    task = {"type": "worker", "index": rank}
    config = json.dumps({"cluster": {"worker": addresses}, "task": task})
    process = subprocess.Popen(
        [sys.executable, *command], env=os.environ | {"TF_CONFIG": config},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def weights(folder: Path) -> list[NDArray[np.float32]]:
    return list(keras.models.load_model(folder / "model.keras").get_weights())


def finished(process: subprocess.Popen[str]) -> str:
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0, output
    return output


def wait_for_epochs(cluster: Cluster, count: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while len(cluster.epochs()) < count:
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise AssertionError(f"no {count} epochs: {process.communicate()[0]}")
        time.sleep(0.005)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def whole(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of two workers that nothing interrupted."""
    cluster = Cluster(recipe, tmp_path_factory.mktemp("whole") / "run", free_ports())
    with cluster.worker(0) as chief, cluster.worker(1) as other:
        assert "on MNIST test" in finished(chief)
        assert "worker 1 of 2: done; the run folder is with worker 0" in finished(other)
    return cluster.out


def test_two_workers_give_the_weights_of_one_process_with_twice_the_batch(tmp_path: Path) -> None:
    ports, files = free_ports(), [tmp_path / "0.npz", tmp_path / "1.npz"]
    with worker(0, ports, DRIVER, files[0]) as chief, worker(1, ports, DRIVER, files[1]) as other:
        outputs = [finished(chief), finished(other)]
    one = trained(2 * TINY.fit.batch_size, tmp_path / "one", None)
    for file in files:
        with np.load(file) as saved:
            assert len(saved.files) == len(one)
            for name, expected in zip(saved.files, one, strict=True):
                np.testing.assert_allclose(saved[name], expected, atol=2e-4)

    assert "refused" not in outputs[0]
    assert "refused: worker 1 has another recipe, seed or data than worker 0" in outputs[1]


def test_killed_workers_that_are_started_again_go_on(
    whole: Path, recipe: Path, tmp_path: Path
) -> None:
    cluster = Cluster(recipe, tmp_path / "run", free_ports())
    with ExitStack() as stack:
        workers = [stack.enter_context(cluster.worker(rank)) for rank in (0, 1)]
        for epochs, killed in ((1, 1), (3, 0)):
            wait_for_epochs(cluster, epochs, workers[1 - killed])
            workers[killed].kill()
            rows = cluster.epochs()
            assert len(rows) < 6
            workers[killed] = stack.enter_context(cluster.worker(killed))
        outputs = [finished(process) for process in workers]

    assert "a worker is lost" in outputs[1]
    assert cluster.epochs()[: len(rows)] == rows  # what was done was not done again
    assert len(cluster.epochs()) == 6
    assert json.loads((whole / "run.json").read_text("utf-8"))["workers"] == 2
    for one, other in zip(weights(cluster.out), weights(whole), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_of_two_workers_is_not_gone_on_with_by_one(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = {"recipe": load_recipe(str(recipe)).to_dict(), "seed": 0, "workers": 2}
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert main(["train", "--recipe", str(recipe), "--out", str(tmp_path), "--resume"]) == 2
    assert "holds a run of 2 workers, and there are 1 now; go on" in capsys.readouterr().err


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_share_is_every_third_sample_and_a_batch_of_two_is_left_out(rank: int) -> None:
    digits = Digits(np.zeros((22, 28, 28), np.uint8), np.arange(22, dtype=np.uint8) % 10)
    digits.images[:, 0, 0] = np.arange(22)
    fit = Fit(epochs=2, batch_size=10, learning_rate=1e-3)
    task = tiles.task(Recipe("tiny", Network("dense", (4,)), fit), 0, digits, digits)
    share = Share(task, fit, 1, Workers(None, rank, 3))
    assert len(share) == 2  # of batches of 10, 10 and 2
    for index in range(2):
        images, targets = task.batches(fit, 1)[index]
        assert (share[index][0] == images[rank::3]).all()
        assert (share[index][1] == targets[rank::3]).all()
    share.on_epoch_end()
    assert (share[0][0] == task.batches(fit, 2)[0][0][rank::3]).all()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("host:2222", "TF_CONFIG is 'host:2222' (JSONDecodeError: "),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', "(KeyError: 'task'); expected such as {"),
        (
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
            "(IndexError: list index out of range); expected such as {",
        ),
    ],
)
def test_a_wrong_tf_config_is_one_line(
    config: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    assert main(["train", "--recipe", "seed", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
