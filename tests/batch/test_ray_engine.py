"""The engine on Ray: the rows of the local one, also when it is killed, and when a node is."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pictures
import pytest

from digits.cli import main

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

DRIVER = Path(__file__).with_name("ray_driver.py")
TARS = [f"{k}.tar" for k in range(8)]
SECONDS = 480  # the machine may be busy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight archives of two pictures, of which one is none."""
    place = tmp_path_factory.mktemp("ray")
    (place / "7.png").write_bytes(pictures.png(pictures.digit_page("7", height=40, width=40)))
    (place / "no.png").write_bytes(b"no picture")
    for name in TARS:
        with tarfile.open(place / name, "w") as archive:
            for member in ("7.png", "no.png"):
                archive.add(place / member, member)
    return place


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[dict[str, Any]]:
    """The rows of the local engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["read", *TARS, "--single", "--jobs", "1", "--out", "local.parquet/"]) == 1
    return rows(folder / "local.parquet")


def rows(out: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet

    read = [row for path in out.glob("*.parquet")
            for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]  # fmt: skip
    read.sort(key=lambda row: row["picture"])
    return [{name: value for name, value in row.items() if name != "shard"} for row in read]


@contextmanager
def driver(folder: Path, cpus: int, nodes: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """The job on Ray; all processes that it started are ended."""
    import psutil

    arguments = ["read", *TARS, "--single", "--engine", "ray", "--out", f"{nodes}/", *more]
    place = folder / str(nodes) / "_job" / "checkpoints"
    process = subprocess.Popen(
        [sys.executable, DRIVER, str(cpus), str(nodes), place, *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    children: list[psutil.Process] = []
    try:
        yield process
    finally:
        if process.poll() is None:
            children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
        psutil.wait_procs(children, timeout=30)


def wait_for_checkpoints(out: Path, count: int, process: subprocess.Popen[str]) -> int:
    """Until there are so many, or the process ends; returns how many there are."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        files = list((out / "_job" / "checkpoints").glob("*[!g].parquet"))
        if len(files) >= count:
            return len(files)
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"no {count} checkpoints: {process.communicate()[0]}")


def finished(process: subprocess.Popen[str]) -> str:
    output = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 1, output  # some pictures are none
    return output


def test_on_two_cpus_a_killed_job_goes_on(folder: Path, expected: list[dict[str, Any]]) -> None:
    with driver(folder, 2, 1) as process:
        first = wait_for_checkpoints(folder / "1", 1, process)
        assert first < len(TARS)  # there are some before the end
        wait_for_checkpoints(folder / "1", first + 1, process)  # and they grow
    before = {path.name for path in (folder / "1").glob("*.parquet")}
    with driver(folder, 2, 1, "--resume") as process:
        output = finished(process)
    assert f"{len(TARS)} of {2 * len(TARS)} pictures not read: {len(TARS)} not an image" in output
    after = {path.name for path in (folder / "1").glob("*.parquet")}
    assert len(after) == len(TARS)
    assert len(before & after) >= 2  # what was done was not done again
    assert rows(folder / "1") == expected


def test_a_node_that_is_killed_costs_and_doubles_nothing(
    folder: Path, expected: list[dict[str, Any]]
) -> None:
    with driver(folder, 2, 3) as process:
        output = finished(process)
    assert "node killed" in output
    assert rows(folder / "3") == expected
