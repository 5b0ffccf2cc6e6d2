"""What the recogniser reads on a line, and the detections that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.geometry import iou
from digits.model.bundle import open_bundle
from digits.model.spec import DIGIT_TOKENS, LETTER, LINE_STRIDE, SIGN_TOKENS, SIGNS, TOKENS
from digits.reading.page.detect import detect
from digits.reading.page.recognise import (
    SMALLEST,
    Candidates,
    Recognised,
    _at_detections,
    _between,
    are_legible,
    ctc_segments,
    match_to_detections,
    recognise,
)
from digits.reading.page.textline import LineCrop, TextLine, crop_line, crop_lines

BUNDLE = open_bundle()
PARAMETERS = BUNDLE.parameters
STEP = PARAMETERS.recognise
THRESHOLD, SAME_SIDE = STEP.threshold, STEP.same_side
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
    assert match_to_detections(
        segments, read, boxes, logits((3, 1), (3, 1)), PARAMETERS.recognise
    ) == [0, 1]
    assert match_to_detections(segments, read, boxes[:0], logits(), STEP) == [
        -1,
        -1,
    ]


def test_a_segment_belongs_to_the_certain_detection_and_not_to_a_doubtful_one_around_it() -> None:
    read = frames((8, 11, 0.9))
    boxes = np.array([[42, 10, 10, 26], [22, 8, 60, 30]], np.float64)
    segments = ctc_segments(read, THRESHOLD)
    assert match_to_detections(
        segments, read, boxes, logits((8, 1.5), (8, -1.2)), PARAMETERS.recognise
    ) == [0]


def test_two_digits_in_each_others_boxes_go_to_the_detections_of_their_own_digit() -> None:
    read = frames((1, 4, 0.9), (7, 6, 0.9))
    boxes = np.array([[12, 10, 24, 26], [13, 10, 24, 26]], np.float64)
    segments = ctc_segments(read, THRESHOLD)
    assert match_to_detections(
        segments, read, boxes, logits((7, 2), (1, 2)), PARAMETERS.recognise
    ) == [1, 0]


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


def owners(read: NDArray[np.float64], *boxes: tuple[float, float, float, float]) -> list[int]:
    """Whose each segment is, of equally certain detections of a 3."""
    found = np.array(boxes, np.float64)
    segments = ctc_segments(read, THRESHOLD)
    seen = logits(*[(3, 2)] * len(boxes))
    return match_to_detections(segments, read, found, seen, STEP)


def test_a_detection_owns_one_segment_the_nearer() -> None:
    twice = frames((3, 4, 0.9), (3, 7, 0.9))
    assert owners(twice, (8, 10, 30, 26)) == [0, -1]
    assert owners(twice, (18, 10, 30, 26)) == [-1, 0]
    assert owners(frames((3, 4, 0.9)), (4, 10, 20, 26), (10, 10, 20, 26)) == [1]


def test_a_segment_belongs_to_a_detection_within_reach() -> None:
    middle, half = 4 * 10 + 4, 10  # columns
    for off, expected in ((1.1, [0]), (1.6, [-1])):  # half widths
        left = middle - off * half - half
        assert owners(frames((3, 10, 0.9)), (left, 10, 2 * half, 26)) == expected


def test_a_thin_stroke_may_be_read_a_frame_aside() -> None:
    assert owners(frames((3, 10, 0.9)), (40, 10, 1, 26)) == [0]


def recognised(read: NDArray[np.float64], *boxes: tuple[float, float, float, float]) -> list[float]:
    """How probable a 3 is at each detection."""
    segments = ctc_segments(read, THRESHOLD)
    found, _ = _at_detections(read, np.array(boxes, np.float64), segments, owners(read, *boxes))
    return [float(each[3]) for each in found]


def test_a_detection_without_a_segment_has_what_was_read_in_its_middle() -> None:
    box = (20.0, 10.0, 40.0, 26.0)
    assert recognised(frames((3, 9, 0.3)), box) == [0.3]
    assert recognised(frames((3, 5, 0.3)), box) == [0.0]  # a neighbour's
    assert recognised(frames((3, 14, 0.3)), box) == [0.0]


def test_what_is_read_at_one_detection_is_not_read_at_another_around_it() -> None:
    inside, around = (34.0, 10.0, 14.0, 26.0), (20.0, 4.0, 54.0, 38.0)
    assert recognised(frames((3, 9, 0.9)), inside, around) == [0.9, 0.0]


def candidates_without(missed: int) -> tuple[Candidates, list[pictures.Box]]:
    """The candidates of a number of which the detector missed a digit; and where that is."""
    page = pictures.page("30517", height=44)
    grey = np.asarray(cv2.cvtColor(page.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    levels, detections = detect(grey, BUNDLE.detector, PARAMETERS.detect)
    shared = iou(np.array(page.boxes[missed], np.float32), detections.boxes)
    lines = crop_lines(grey, detections.take(np.flatnonzero(shared < 0.2)), PARAMETERS.textline)
    found = recognise(lines, levels, BUNDLE.recogniser, STEP)
    return found.candidates, [page.boxes[missed]]


@pytest.mark.parametrize(("missed", "digit"), [(1, 0), (2, 5), (3, 1)])
def test_what_the_detector_missed_is_a_candidate_where_it_is_read(missed: int, digit: int) -> None:
    candidates, [box] = candidates_without(missed)
    shared = iou(np.array(box, np.float32), candidates.boxes)
    there = int(shared.argmax())
    assert shared[there] > 0.7
    assert candidates.recogniser[there].argmax() == digit
    assert candidates.detector[there].argmax() == digit  # what it predicts there, if below the bar


def test_what_is_faint_beside_a_pen_or_too_small_is_no_candidate() -> None:
    count = 12
    boxes = np.tile(np.array([0, 0, 20, 30], np.float32), (count, 1))
    boxes[1, 2:] = SMALLEST - 1
    contrast = np.full(count, 0.8)
    contrast[2], contrast[3] = 0.8 * STEP.min_contrast * np.array([0.9, 1.1])
    found = Candidates(
        boxes,
        np.zeros((count, 10), np.float32),
        np.zeros((count, 10)),
        np.zeros(count),
        np.zeros((count, 28, 28), np.uint8),
        contrast,
        np.zeros(count, np.intp),
        np.zeros(count),
    )
    assert np.flatnonzero(~are_legible(found, STEP)).tolist() == [1, 2]
    assert are_legible(found.take(np.array([2])), STEP).all()  # all are as faint


def test_a_page_without_lines_has_no_candidates() -> None:
    found = recognise([], [], BUNDLE.recogniser, STEP)
    assert (len(found.candidates), found.signs, found.frames) == (0, (), ())


# Signs and letters


class Fixed:
    """A recogniser that reads what it was given."""

    def __init__(self, *frames: NDArray[np.float64]) -> None:
        self.frames = list(frames)

    def probabilities(self, lines: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float64]]:
        assert len(lines) == len(self.frames)
        return self.frames


PLUS = (70, 40, 14, 14)  # box of ink on the page of `read_line`


def read_line(*tokens: tuple[int, int, float]) -> Recognised:
    """A line with a 1 at the left and a plus behind it, of which is read a 1 and these tokens, at
    columns of the page, with probabilities."""
    grey = np.full((90, 160), 250, np.uint8)
    grey[30:62, 30:34] = 20  # 1
    grey[46:48, 70:84] = grey[40:54, 76:78] = 20
    line = TextLine(80, 46, 0.0, 32.0, -75, 75)
    box = line.to_crop(np.array([[28, 30, 10, 32]], np.float32))
    crop = LineCrop(line, crop_line(grey, line.matrix, line.width), box, logits((1, 3)))
    frames = np.zeros((-(-line.width // LINE_STRIDE), TOKENS))
    for token, x, probability in ((DIGIT_TOKENS.start + 1, 32, 0.9), *tokens):
        column = line.matrix[0] @ (x, 46, 1)
        frames[round(column / LINE_STRIDE - 0.5), token] = probability
    levels, _ = detect(grey, BUNDLE.detector, PARAMETERS.detect)
    recogniser: Any = Fixed(frames)
    return recognise([crop], levels, recogniser, STEP)


def sign(text: str) -> int:
    return SIGN_TOKENS.start + SIGNS.index(text)


def test_a_sign_is_read_where_its_ink_is() -> None:
    found = read_line((sign("+"), 77, 0.8))
    [plus] = found.signs
    assert (plus.text, plus.probability, plus.line) == ("+", 0.8, 0)
    assert iou(np.array(PLUS, np.float32), plus.box[None])[0] > 0.7
    assert found.frames[0][int(plus.column) // LINE_STRIDE, sign("+")] == 0.8
    assert found.candidates.recogniser.argmax(axis=1).tolist() == [1]


def test_doubtful_signs_and_letters_are_none() -> None:
    assert read_line((sign("+"), 77, THRESHOLD - 0.1), (LETTER, 110, 0.9)).signs == ()


def test_signs_of_a_line_run_from_left_to_right() -> None:
    found = read_line((sign("="), 110, 0.9), (sign("+"), 77, 0.7))
    assert [each.text for each in found.signs] == ["+", "="]


def test_a_candidate_knows_the_letter_that_may_be_in_its_place() -> None:
    assert read_line((LETTER, 32, 0.04)).candidates.letter.tolist() == [0.04]
    assert read_line((LETTER, 77, 0.9)).candidates.letter.tolist() == [0]
