"""The writer of each digit of MNIST.

Source: the tables of QMNIST (Yadav and Bottou 2019, arXiv 1905.10498).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@cache
def writers(part: str = "train") -> NDArray[np.uint16]:
    """The writer of each digit of a part, "train" or "test": (60000,) uint16 by 539 writers, or
    (10000,) by 297 others."""
    return _table(part)


@cache
def validation_writers() -> NDArray[np.uint16]:
    """(48,) uint16: the writers whose digits are for validation only, drawn at random once."""
    return _table("validation")


def validation_rows() -> NDArray[np.int64]:
    """(5226,) int64: rows of the training part by the validation writers, writer by writer."""
    return np.concatenate([np.flatnonzero(writers() == each) for each in validation_writers()])


def _table(name: str) -> NDArray[np.uint16]:
    with (resources.files(__package__) / "writers.npz").open("rb") as file:
        return np.asarray(np.load(file)[name], np.uint16)
