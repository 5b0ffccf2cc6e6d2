"""The pages of what is open: how many there are, and how each becomes pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

# The others of a document are left out; who has more can part it. A file that claims a million
# pages and has none would otherwise give a million errors.
MAXIMUM_PAGES = 10_000


def _nothing() -> None:
    """What is in memory needs no closing."""


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """Pages of one file.

    count: how many there are, 1 or more. decode: a number from 1 to `count` → the pixels of that
    page (H, W, 3) uint8 RGB, as a viewer shows it; raises PictureError. are_frames: whether they
    are the frames of an animation, or the pictures of a burst, which mostly repeat each other.
    close: gives back what is held open.
    """

    count: int
    decode: Callable[[int], npt.NDArray[Any]]
    are_frames: bool = False
    close: Callable[[], None] = _nothing
