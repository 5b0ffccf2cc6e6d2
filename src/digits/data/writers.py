"""The writer of each digit of MNIST's training part.

Source: the tables of QMNIST (Yadav and Bottou 2019, arXiv 1905.10498).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@cache
def writers() -> NDArray[np.uint16]:
    """(60000,) uint16: the number of each digit's writer; there are 539."""
    with (resources.files(__package__) / "writers.npz").open("rb") as file:
        return np.asarray(np.load(file)["train"], np.uint16)


@cache
def validation_writers() -> NDArray[np.uint16]:
    """(48,) uint16: the writers whose digits are for validation only, drawn at random once."""
    with (resources.files(__package__) / "writers.npz").open("rb") as file:
        return np.asarray(np.load(file)["validation"], np.uint16)


def validation_rows() -> NDArray[np.int64]:
    """(5226,) int64: rows of the training part by the validation writers, writer by writer."""
    return np.concatenate([np.flatnonzero(writers() == each) for each in validation_writers()])
