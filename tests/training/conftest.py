from __future__ import annotations

import pytest

from digits.data import mnist
from digits.training.datasets.tiles import Digits


@pytest.fixture(scope="session")
def training() -> Digits:
    """The first 2,000 training digits."""
    images, labels = mnist.load("train")
    return Digits(images[:2000], labels[:2000])


@pytest.fixture(scope="session")
def validation() -> Digits:
    """The last 500 training digits."""
    images, labels = mnist.load("train")
    return Digits(images[-500:], labels[-500:])
