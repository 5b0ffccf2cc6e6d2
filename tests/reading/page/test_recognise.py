"""What the recogniser reads on a line, and the detections that it belongs to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.bundle import open_bundle
from digits.reading.page.recognise import _between, ctc_segments, match_to_detections

PARAMETERS = open_bundle().parameters.recognise
THRESHOLD, SAME_SIDE = PARAMETERS.threshold, PARAMETERS.same_side
BOX = np.array([[20.0, 10.0, 12.0, 30.0]])


def frames(*digits: tuple[int, int, float]) -> NDArray[np.float64]:
    """(24, 10) probabilities of a line crop: digit, frame, and how likely it is there."""
    found = np.zeros((24, 10))
    for digit, frame, probability in digits:
        found[frame : frame + 2, digit] = probability
    return found


def logits(*digits: tuple[int, float]) -> NDArray[np.float32]:
    """(N, 10) logits of detections of one digit each."""
    found = np.full((len(digits), 10), -5, np.float32)
    for row, (digit, logit) in zip(found, digits, strict=True):
        row[digit] = logit
    return found


def test_a_segment_belongs_to_the_detection_that_it_lies_on_and_each_detection_to_one() -> None:
    read = frames((3, 4, 0.9), (3, 9, 0.9))
    boxes = np.array([[8, 10, 20, 26], [30, 10, 20, 26]], np.float64)
    segments = ctc_segments(read, THRESHOLD)
    assert match_to_detections(segments, read, boxes, logits((3, 1), (3, 1)), PARAMETERS) == [0, 1]
    assert match_to_detections(segments, read, boxes[:0], logits(), PARAMETERS) == [-1, -1]


def test_a_segment_belongs_to_the_certain_detection_and_not_to_a_doubtful_one_around_it() -> None:
    read = frames((8, 11, 0.9))
    boxes = np.array([[42, 10, 10, 26], [22, 8, 60, 30]], np.float64)
    segments = ctc_segments(read, THRESHOLD)
    assert match_to_detections(segments, read, boxes, logits((8, 1.5), (8, -1.2)), PARAMETERS) == [
        0
    ]


def test_two_digits_in_each_others_boxes_go_to_the_detections_of_their_own_digit() -> None:
    read = frames((1, 4, 0.9), (7, 6, 0.9))
    boxes = np.array([[12, 10, 24, 26], [13, 10, 24, 26]], np.float64)
    segments = ctc_segments(read, THRESHOLD)
    assert match_to_detections(segments, read, boxes, logits((7, 2), (1, 2)), PARAMETERS) == [1, 0]


def test_what_is_read_is_a_segment_and_what_is_doubtful_is_none() -> None:
    assert ctc_segments(frames((5, 10, 0.9), (6, 12, 0.9)), THRESHOLD) == [(10, 12), (12, 14)]
    assert ctc_segments(frames((5, 10, 0.4)), THRESHOLD) == []


def test_sides_on_which_detection_and_ink_agree_lie_between_them() -> None:
    ink = BOX + np.array([1.0, -2.0, -2.0, 3.0])
    assert _between(BOX, ink, SAME_SIDE) == pytest.approx((BOX + ink) / 2)


def test_ink_that_runs_into_something_moves_only_the_other_sides() -> None:
    ink = np.array([[21.0, 10.0, 30.0, 30.0]])
    assert _between(BOX, ink, SAME_SIDE)[0] == pytest.approx([20.5, 10, 11.5, 30])


def test_a_broken_digit_is_as_large_as_it_was_detected() -> None:
    assert _between(BOX, np.array([[20.0, 28.0, 6.0, 6.0]]), SAME_SIDE) == pytest.approx(BOX)
