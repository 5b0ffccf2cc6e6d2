"""Who wrote which digit of MNIST's training part.

Source: the tables of QMNIST (Yadav and Bottou 2019, arXiv 1905.10498).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@cache
def writers() -> NDArray[np.uint16]:
    """The number of the writer of each of the 60,000 digits; there are 539."""
    with (resources.files(__package__) / "writers.npz").open("rb") as file:
        return np.asarray(np.load(file)["train"], np.uint16)


@cache
def writers_kept_back() -> NDArray[np.uint16]:
    """48 of the writers, drawn by lot, in a fixed order: whoever learns from the others is judged
    by hands that were not learned."""
    with (resources.files(__package__) / "writers.npz").open("rb") as file:
        return np.asarray(np.load(file)["kept_back"], np.uint16)


def rows_kept_back() -> NDArray[np.int64]:
    """Rows of the training part by those 48, one writer after the other."""
    return np.concatenate([np.flatnonzero(writers() == each) for each in writers_kept_back()])
