"""What two readings of a picture differ in: the browser's and Python's."""

from __future__ import annotations

from typing import Any

import numpy as np

from digits import Reading


def tile_difference(found: dict[str, Any], expected: Reading) -> int:
    """The largest difference of a grey level between the tiles of two readings of one text."""
    ours = [digit["tile"] for number in found["numbers"] for digit in number["digits"]]
    theirs = [digit.tile for number in expected.numbers for digit in number.digits]
    pairs = [(np.array(a, int), np.asarray(b, int)) for a, b in zip(ours, theirs, strict=True)]
    return max((int(np.abs(a - b).max()) for a, b in pairs), default=0)


def confidence_difference(found: dict[str, Any], expected: Reading) -> float:
    """The largest difference of a number's confidence between two readings of one text."""
    pairs = zip(found["numbers"], expected.numbers, strict=True)
    return max((abs(a["confidence"] - b.confidence) for a, b in pairs), default=0.0)
