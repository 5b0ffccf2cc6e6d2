from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from digits.data import mnist

# the same examples at every run, however busy the machine is
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def mnist_test() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The 10,000 test images (N, 28, 28) and their labels (N,)."""
    return mnist.load("test")
