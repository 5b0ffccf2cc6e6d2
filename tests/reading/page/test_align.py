"""What was read, and the detections that it belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.reading.page.align import owners_of, peaks_of


def said(*digits: tuple[int, int]) -> NDArray[np.float64]:
    """(24, 10) chances of a strip in which digits are read at some frames."""
    chances = np.zeros((24, 10))
    for digit, frame in digits:
        chances[frame : frame + 2, digit] = 0.9
    return chances


def scores(*digits: tuple[int, float]) -> NDArray[np.float32]:
    """(N, 10) logits of detections at which one digit is seen that well."""
    found = np.full((len(digits), 10), -5, np.float32)
    for row, (digit, logit) in zip(found, digits, strict=True):
        row[digit] = logit
    return found


def test_a_peak_belongs_to_the_spot_that_it_lies_on_and_each_spot_to_one() -> None:
    chances = said((3, 4), (3, 9))
    boxes = np.array([[8, 10, 20, 26], [30, 10, 20, 26]], np.float64)
    peaks = peaks_of(chances)
    assert owners_of(peaks, chances, boxes, scores((3, 1), (3, 1))) == [0, 1]
    assert owners_of(peaks, chances, boxes[:0], scores()) == [-1, -1]


def test_a_peak_belongs_to_the_sure_spot_and_not_to_a_doubtful_one_around_it() -> None:
    chances = said((8, 11))
    boxes = np.array([[42, 10, 10, 26], [22, 8, 60, 30]], np.float64)
    assert owners_of(peaks_of(chances), chances, boxes, scores((8, 1.5), (8, -1.2))) == [0]
