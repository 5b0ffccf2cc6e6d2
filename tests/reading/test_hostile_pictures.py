"""Pictures that are made to cost much are read, or refused, within fixed time and memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

resource = pytest.importorskip("resource", reason="no limits on this system")

MEMORY = 3 << 30  # bytes of address space, the networks' and libraries' among them
PROCESSOR = 100  # seconds of processor time of one picture, as the kernel counts them


def checkerboard(side: int, cell: int) -> NDArray[np.uint8]:
    rows, columns = np.indices((side, side)) // cell
    return np.asarray((rows + columns) % 2 * 255, np.uint8)


def specks(count: int, side: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    picture = np.full((side, side), 255, np.uint8)
    for x, y in rng.integers(0, side - 4, (count, 2)).tolist():
        picture[y : y + 3, x : x + 3] = 0
    return picture


def ones(side: int, gap: int) -> NDArray[np.uint8]:
    """Strokes that all look like a 1."""
    picture = np.full((side, side), 255, np.uint8)
    for top in range(6, side - 24, 28):
        picture[top : top + 20, 6 : side - 6 : gap] = 0
        picture[top : top + 20, 7 : side - 6 : gap] = 0
    return picture


HOSTILE = {
    "checkerboard of pixels": checkerboard(1500, 1),
    "checkerboard of digits": checkerboard(1500, 20),
    "ten thousand specks": specks(10_000, 2000),
    "noise": np.random.default_rng(0).integers(0, 256, (1200, 1200), np.uint8),
    "strip": np.tile(ones(60, 12)[:40], (1, 300)),
    "ten thousand strokes": ones(1400, 7),
    "nothing, large": np.full((6000, 6000), 255, np.uint8),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_and_memory_are_bounded(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    assert cv2.imwrite(str(path), HOSTILE[name])

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))

    command = [sys.executable, "-m", "digits", "read", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count("\n") == 1
