from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from digits.data import mnist

# the same examples at every run, however busy the machine is
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


# Files that take longest, the longest first. They begin first: else one of two processes would
# wait for the other in the end.
SLOW = (
    *("test_data_parallel.py", "test_fit.py", "test_ray_engine.py", "test_seeds.py"),
    *("test_readme.py", "test_train.py", "test_notebook.py"),
    *("test_contract.py", "test_fuzz.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [*SLOW, item.path.name].index(item.path.name))


@pytest.fixture(scope="session")
def mnist_test() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The 10,000 test images (N, 28, 28) and their labels (N,)."""
    return mnist.load("test")
