"""Text lines → candidates, wherever the detector or the recogniser finds a digit, and signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile
from digits.model.inputs import local_contrast, segment_digit
from digits.model.parameters import Recognise
from digits.model.recogniser import Recogniser
from digits.model.spec import (
    CLASSES,
    DIGIT_TOKENS,
    LETTER,
    LINE_DIGIT,
    LINE_HEIGHT,
    LINE_STRIDE,
    SIGN_TOKENS,
    SIGNS,
    TILE,
)
from digits.reading.page.detect import Level, detection_near
from digits.reading.page.textline import LineCrop

STRONG = 0.9  # quantile of the contrasts of a picture's candidates, that of its pen
NEAR = 1  # frames to the left and right of a candidate that are about it
SMALLEST = 5  # pixels of a digit that can be read
BROAD = 0.6  # width over height of a digit whose box is not known
WIDE, TALL = 0.6 * LINE_DIGIT, 1.6 * LINE_DIGIT  # columns and rows in which the ink of a sign is

Segment = tuple[int, int]  # of CTC: the first frame, and the one after the last


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """N boxes of a page in which a digit may be.

    boxes: (N, 4) float32 in pixels of the page. detector: (N, 10) float32 logits; recogniser:
    (N, 10) float64 probabilities, that there is each digit; letter: (N,) float64, that there is one
    instead. tiles: (N, 28, 28) uint8. contrast: (N,) of pen to paper. line: (N,)
    index of the text line. column: (N,) float64 where in its crop.
    """

    boxes: NDArray[np.float32]
    detector: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    letter: NDArray[np.float64]
    tiles: NDArray[np.uint8]
    contrast: NDArray[np.float64]
    line: NDArray[np.intp]
    column: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.boxes)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Candidates:
        """Some of them, by index or mask."""
        return Candidates(*(getattr(self, each.name)[index] for each in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class ReadSign:
    """A sign that was recognised. text: one of SIGNS. probability: in [0, 1]. box: (4,) float32 of
    its ink, in pixels of the page. line: index of its text line. column: where in its crop."""

    text: str
    probability: float
    box: NDArray[np.float32]
    line: int
    column: float


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """What was read on the lines of a page.

    candidates: of digits. signs: line by line, from left to right. frames: for each line
    (T, TOKENS) float64, the probability of every token in each frame of its crop.
    """

    candidates: Candidates
    signs: tuple[ReadSign, ...]
    frames: tuple[NDArray[np.float64], ...]


def recognise(
    lines: Sequence[LineCrop],
    levels: Sequence[Level],
    recogniser: Recogniser,
    parameters: Recognise,
) -> Recognised:
    """The candidates and signs of a page, line by line."""
    frames = recogniser.probabilities([local_contrast(line.pixels) for line in lines])
    numbered = list(enumerate(zip(lines, frames, strict=True)))
    found = []
    for index, (line, each) in numbered:
        segments = ctc_segments(each[:, DIGIT_TOKENS], parameters.threshold)
        found.append(candidates_on(index, line, each, segments, levels, parameters))
    candidates = _joined(found)
    signs = [sign for k, (line, f) in numbered for sign in _signs(k, line, f, parameters)]
    candidates = candidates.take(are_legible(candidates, parameters))
    return Recognised(candidates, tuple(signs), tuple(frames))


def _signs(
    index: int, crop: LineCrop, frames: NDArray[np.float64], parameters: Recognise
) -> list[ReadSign]:
    """The signs of a line. frames: (T, TOKENS)."""
    found = []
    for segment in ctc_segments(frames[:, SIGN_TOKENS], parameters.threshold):
        best = frames[slice(*segment), SIGN_TOKENS].max(axis=0)
        column = column_of(segment)
        about = np.array([column - WIDE / 2, (LINE_HEIGHT - TALL) / 2, WIDE, TALL])
        ink = segment_digit(crop.pixels, about).box
        box = crop.line.to_page(ink[None])[0]
        text = SIGNS[int(best.argmax())]
        found.append(ReadSign(text, float(best.max()), box, index, column))
    return found


def _joined(parts: Sequence[Candidates]) -> Candidates:
    none = Candidates(
        np.zeros((0, 4), np.float32),
        np.zeros((0, CLASSES), np.float32),
        np.zeros((0, CLASSES)),
        np.zeros(0),
        np.zeros((0, TILE, TILE), np.uint8),
        np.zeros(0),
        np.zeros(0, np.intp),
        np.zeros(0),
    )
    return Candidates(
        *(np.concatenate([getattr(p, each.name) for p in (none, *parts)]) for each in fields(none))
    )


def candidates_on(
    index: int,
    crop: LineCrop,
    frames: NDArray[np.float64],
    segments: list[Segment],
    levels: Sequence[Level],
    parameters: Recognise,
) -> Candidates:
    """The candidates of a line: its detections, each with what was recognised there, then what else
    was recognised, with what the detector predicts there. frames: (T, TOKENS) probabilities;
    segments: of the digits that were recognised."""
    line, boxes, logits = crop.line, crop.boxes, list(crop.logits)
    every, frames = frames, frames[:, DIGIT_TOKENS]
    owners = match_to_detections(segments, frames, boxes, crop.logits, parameters)
    recognised, columns = _at_detections(frames, boxes, segments, owners)
    missed = [segment for segment, owner in zip(segments, owners, strict=True) if owner < 0]
    about = line.to_page(np.array([_box_about(s, boxes) for s in missed]).reshape(-1, 4))
    for segment, box in zip(missed, about, strict=True):
        best = frames[slice(*segment)].max(axis=0)
        near, found = detection_near(levels, box, int(best.argmax()))
        boxes = np.concatenate([boxes, line.to_crop(found[None])])
        logits.append(near)
        recognised.append(best)
        columns.append(column_of(segment))
    digits = [segment_digit(crop.pixels, box) for box in boxes]
    inks = np.array([digit.box for digit in digits]).reshape(-1, 4)
    return Candidates(
        line.to_page(_between(boxes, inks, parameters.same_side)),
        np.array(logits, np.float32).reshape(-1, CLASSES),
        np.array(recognised, np.float64).reshape(-1, CLASSES),
        _about(np.array(columns), every[:, LETTER]),
        np.array([digit.tile for digit in digits], np.uint8).reshape(-1, TILE, TILE),
        np.array([digit.contrast for digit in digits], np.float64),
        np.full(len(boxes), index, np.intp),
        np.array(columns, np.float64),
    )


def _about(columns: NDArray[np.float64], frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the highest of some probabilities (T,) in the frames about N columns."""
    frame = np.clip(columns // LINE_STRIDE, 0, len(frames) - 1).astype(int)
    near = np.clip(frame[:, None] + np.arange(-NEAR, NEAR + 1), 0, len(frames) - 1)
    return np.asarray(frames[near].max(axis=1))


def _at_detections(
    frames: NDArray[np.float64],
    boxes: NDArray[np.float64],
    segments: list[Segment],
    owners: list[int],
) -> tuple[list[NDArray[np.float64]], list[float]]:
    """For each detection, the probabilities of its segment and the column of that; without one,
    those of the frames in its middle that belong to no other detection."""
    own = dict(zip(owners, segments, strict=True))
    taken = np.zeros(len(frames), bool)
    for owner, segment in zip(owners, segments, strict=True):
        taken[slice(*segment)] |= owner >= 0
    recognised, columns = [], []
    for index, (x, _, width, _) in enumerate(boxes.tolist()):
        if index in own:
            recognised.append(frames[slice(*own[index])].max(axis=0))
            columns.append(column_of(own[index]))
            continue
        low = max(int((x + width / 4) / LINE_STRIDE), 0)
        high = min(int(np.ceil((x + 3 * width / 4) / LINE_STRIDE)) + 1, len(frames))
        middle = np.arange(low, high)
        recognised.append(frames[middle[~taken[low:high]]].max(axis=0, initial=0.0))
        columns.append(x + width / 2)
    return recognised, columns


def ctc_segments(frames: NDArray[np.float64], threshold: float) -> list[Segment]:
    """Runs of frames in which the same digit is at least as probable as the threshold.

    frames: (T, 10) probabilities of the digits.
    """
    best = np.where(frames.max(axis=1) >= threshold, frames.argmax(axis=1), -1)
    ends = np.flatnonzero(np.diff(best)) + 1
    bounds = [0, *ends.tolist(), len(best)]
    return [(a, b) for a, b in pairwise(bounds) if b > a and best[a] >= 0]


def column_of(segment: Segment) -> float:
    """The middle of a segment, in columns of the line crop."""
    return (segment[0] + segment[1]) / 2 * LINE_STRIDE


def match_to_detections(
    segments: list[Segment],
    frames: NDArray[np.float64],
    boxes: NDArray[np.float64],
    logits: NDArray[np.float32],
    parameters: Recognise,
) -> list[int]:
    """The detection that each segment lies on, one for each detection at most; -1 for none.

    Greedy, the best pairs first: near ones, of the same digit, with a certain detection. frames:
    (T, 10) probabilities; boxes: (N, 4) of the detections in the crop; logits: (N, 10).
    """
    owners = [-1] * len(segments)
    if not len(boxes):
        return owners
    middle = boxes[:, 0] + boxes[:, 2] / 2
    half = np.maximum(boxes[:, 2] / 2, LINE_STRIDE)
    seen = np.exp(logits - logits.max(axis=1, keepdims=True))
    doubt = 1 / (1 + np.exp(logits.max(axis=1)))
    pairs = []
    for number, segment in enumerate(segments):
        off = np.abs(column_of(segment) - middle) / half
        digit = frames[slice(*segment)].max(axis=0).argmax()
        cost = off + parameters.other_digit * (1 - seen[:, digit]) + doubt
        pairs += [
            (float(cost[i]), number, i) for i in np.flatnonzero(off <= parameters.reach).tolist()
        ]
    taken: set[int] = set()
    for _, number, index in sorted(pairs):
        if owners[number] < 0 and index not in taken:
            owners[number] = index
            taken.add(index)
    return owners


def _box_about(segment: Segment, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) about where the digit of a segment is, as high as the nearest of some boxes (N, 4), or
    in the middle of the line."""
    middle, wide = column_of(segment), BROAD * LINE_DIGIT
    if not len(boxes):
        return np.array([middle - wide / 2, (LINE_HEIGHT - LINE_DIGIT) / 2, wide, LINE_DIGIT])
    near = boxes[np.argmin(np.abs(boxes[:, 0] + boxes[:, 2] / 2 - middle))]
    high = float(np.clip(near[3], 0.6 * LINE_DIGIT, 1.5 * LINE_DIGIT))
    return np.array([middle - wide / 2, near[1] + near[3] / 2 - high / 2, wide, high])


def _between(
    boxes: NDArray[np.float64], inks: NDArray[np.float64], same_side: float
) -> NDArray[np.float64]:
    """Boxes (N, 4), each side halfway to that of the ink if both are near; else the ink runs into a
    rule or another digit there, or is broken."""
    sides = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    others = np.concatenate([inks[:, :2], inks[:, :2] + inks[:, 2:]], axis=1)
    is_near = np.abs(others - sides) <= same_side * boxes[:, 2:].max(axis=1, initial=0)[:, None]
    sides = np.where(is_near, (sides + others) / 2, sides)
    return np.concatenate([sides[:, :2], sides[:, 2:] - sides[:, :2]], axis=1)


def are_legible(candidates: Candidates, parameters: Recognise) -> NDArray[np.bool_]:
    """(N,) whether each is large enough to be read, and not far fainter than the ink of the
    picture, as grain is and what shines through."""
    if not len(candidates):
        return np.zeros(0, bool)
    pen = quantile(candidates.contrast, STRONG)
    is_strong = candidates.contrast >= parameters.min_contrast * pen
    return np.asarray(is_strong & (candidates.boxes[:, 2:].max(axis=1) >= SMALLEST))
