"""What was read, drawn into the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.io.frames import framed, with_margin
from digits.io.number import Box, Number
from digits.io.result import Reading

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB
Colour = tuple[int, int, int]  # RGB

SURE, UNSURE, REJECTED = (0, 114, 178), (213, 94, 0), (150, 150, 150)  # Wong 2011
SURE_FROM = 0.9
FONT = cv2.FONT_HERSHEY_DUPLEX
SMALLEST, LARGEST = 480, 4000  # pixels of the longer side: what is smaller is enlarged …
SMALL_DIGIT = 24  # … and so are digits of fewer pixels, or no label could stand beside them
LEGIBLE = 0.45  # font size of the smallest label, about 12 pixels high
STYLES = ((1.0, True), (0.75, True), (0.55, True), (0.75, False), (0.55, False), (0.0, False))
"""Of labels: fraction of their usual size, 0 for the smallest; with the confidence or without."""
EDGE = 40  # grey levels between neighbouring pixels from which on one of them is ink …
INK = 64  # … which counts a quarter of what was read: a label may hide a ruled line, not writing
FREE = 0.1  # fraction of a label's place that may be taken
CROWDED = 0.05  # fraction of the labels that may hide something


def percent(confidence: float) -> str:
    """0.9889 → "98.9 %", as in the table of `digits read`."""
    return f"{100 * confidence:.1f} %"


def draw_reading(reading: Reading, picture: Pixels) -> Pixels:
    """(H, W, 3) uint8 RGB: the picture with a frame, text and confidence for each number.

    picture: (H, W, 3) uint8 RGB that was read. Frames are grown from the boxes that were read to
    all the ink in them; ticks separate the digits. Blue is sure, orange is not, grey was rejected.
    Signs that belong to no number have a thin frame and no label. A label stands where it hides
    nothing: above, below or beside its number. Where numbers stand close, labels are smaller, and
    at last without the confidence. Small pictures and pictures of small digits are enlarged by a
    whole factor; white is added where frames or labels need it.
    """
    factor = _enlargement(reading, picture)
    larger = np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)
    size, pen = max(larger.shape[:2]) / 700, max(1, round(max(larger.shape[:2]) / 500))
    boxes = [digit.box for number in reading.numbers for digit in number.digits]
    frames = iter(framed(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), boxes))
    marks = [
        _Mark(each, factor * np.array([*islice(frames, len(each.digits)), _own_box(each)]))
        for each in reading.numbers
    ]
    canvas, (left, top) = _with_room(larger, marks, size, pen)
    for mark in marks:
        mark.boxes[:, :2] += left, top
    signs = [_on_canvas(sign.box, factor, left, top, 2 * pen) for sign in reading.signs]
    labels = _labels(marks, size, _taken(canvas, [*(mark.frame for mark in marks), *signs]))
    for rejected in reading.rejected:
        _rectangle(canvas, _on_canvas(rejected.box, factor, left, top), REJECTED, pen)
    for sign, frame in zip(reading.signs, signs, strict=True):
        _rectangle(canvas, frame, _colour(sign.confidence), pen)
    for mark in marks:
        _rectangle(canvas, mark.frame, mark.colour, 2 * pen)
        _ticks(canvas, mark, pen)
    for label in labels:
        label.draw(canvas)
    return canvas


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """A number to be framed; boxes: (N + 1, 4) the frames of its digits, and that of its own
    box: x, y, width, height."""

    number: Number
    boxes: NDArray[np.int64]

    @property
    def digits(self) -> NDArray[np.int64]:
        return self.boxes[:-1]

    @property
    def frame(self) -> Box:
        low = self.boxes[:, :2].min(axis=0)
        wide, high = (self.boxes[:, :2] + self.boxes[:, 2:]).max(axis=0) - low
        return int(low[0]), int(low[1]), int(wide), int(high)

    @property
    def colour(self) -> Colour:
        odd = self.number.is_expected is False
        return UNSURE if odd else _colour(self.number.confidence)


@dataclass(frozen=True, slots=True, eq=False)
class _Label:
    """A label, its upper left corner, and the fraction of its place where something stands."""

    pixels: Pixels
    x: int
    y: int
    hidden: float

    def draw(self, canvas: Pixels) -> None:
        room = canvas[self.y :, self.x :][: len(self.pixels), : self.pixels.shape[1]]
        room[:] = self.pixels[: room.shape[0], : room.shape[1]]


def _enlargement(reading: Reading, picture: Pixels) -> int:
    side = max(*picture.shape[:2], 1)
    sizes = [_size(number) for number in reading.numbers]
    needed = math.ceil(SMALL_DIGIT / float(np.median(sizes))) if sizes else 1
    return int(max(1, round(SMALLEST / side), min(needed, LARGEST // side)))


def _size(number: Number) -> float:
    """Of the digits of a number, in pixels, in whatever direction they are written."""
    return float(np.median([max(digit.box[2:]) for digit in number.digits]))


def _own_box(number: Number) -> Box:
    """The box that was read, which holds the sign too, with the margin of its smallest digit:
    without a sign, the frames of the digits reach as far."""
    return with_margin(number.box, min(max(digit.box[2:]) for digit in number.digits))


def _with_room(
    larger: Pixels, marks: Sequence[_Mark], size: float, pen: int
) -> tuple[Pixels, tuple[int, int]]:
    """The picture with white where frames and labels above them need it; how much, left and top."""
    if not marks:
        return larger.copy(), (0, 0)
    frames = np.array([mark.frame for mark in marks])
    tall = len(_label(marks[0], size, True))
    x, y = frames[:, :2].min(axis=0) - pen
    over = (frames[:, :2] + frames[:, 2:]).max(axis=0) + pen - larger.shape[1::-1]
    left, top, right, bottom = (max(0, int(each)) for each in (-x, tall - y, *over))
    white = (255, 255, 255)
    canvas = cv2.copyMakeBorder(larger, top, bottom, left, right, cv2.BORDER_CONSTANT, value=white)
    return np.asarray(canvas, np.uint8), (left, top)


def _colour(confidence: float) -> Colour:
    return SURE if confidence >= SURE_FROM else UNSURE


def _on_canvas(box: Box, factor: int, left: int, top: int, margin: int = 0) -> Box:
    """A box of the picture on the canvas, grown by a margin on each side."""
    x, y, width, height = (factor * value for value in box)
    x, y = x + left - margin, y + top - margin
    return x, y, width + 2 * margin, height + 2 * margin


def _rectangle(canvas: Pixels, box: Box, colour: Colour, pen: int) -> None:
    x, y, width, height = box
    cv2.rectangle(canvas, (x, y), (x + width - 1, y + height - 1), colour, pen)


def _ticks(canvas: Pixels, mark: _Mark, pen: int) -> None:
    """Short lines inwards from the frame, half-way between neighbouring digits."""
    low, high = mark.digits[:, :2], mark.digits[:, :2] + mark.digits[:, 2:]
    along = int(np.argmax(np.ptp(low + high, axis=0)))  # 0: side by side, 1: one below the other
    start, end = mark.frame[1 - along], mark.frame[1 - along] + mark.frame[3 - along] - 1
    length = max(2 * pen, round((end - start) / 12))
    for before, after in pairwise(np.argsort((low + high)[:, along])):
        place = int(high[before, along] + low[after, along]) // 2
        for each in ((start, start + length), (end - length, end)):
            first, last = ((place, at) if along == 0 else (at, place) for at in each)
            cv2.line(canvas, first, last, mark.colour, pen)


def _taken(canvas: Pixels, frames: Sequence[Box]) -> NDArray[np.uint8]:
    """(H, W) 255 in frames, which no label may hide, `INK` on other ink, else 0."""
    grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > EDGE
    taken = np.where(edges, np.uint8(INK), np.uint8(0))
    for x, y, width, height in frames:
        taken[max(y, 0) : y + height, max(x, 0) : x + width] = 255
    return taken


def _labels(marks: Sequence[_Mark], size: float, taken: NDArray[np.uint8]) -> list[_Label]:
    """A label for each number, in the largest style in which they hide next to nothing."""
    labels: list[_Label] = []
    for part, is_full in STYLES:
        room, labels, crowded = taken.copy(), [], 0
        for mark in marks:
            label = _placed(_label(mark, max(part * size, LEGIBLE), is_full), mark.frame, room)
            height, width = label.pixels.shape[:2]
            room[label.y :, label.x :][:height, :width] = 255
            labels.append(label)
            crowded += label.hidden > FREE
            if part and crowded > CROWDED * len(marks):
                break  # too large: what remains need not be tried
        else:
            break
    return labels


def _placed(pixels: Pixels, frame: Box, taken: NDArray[np.uint8]) -> _Label:
    """A label above its frame, else below, right or left of it: where it hides least.

    Below and beside, other numbers have to keep away, or the label would seem to be theirs.
    """
    (height, width), (rows, columns) = pixels.shape[:2], taken.shape
    x, y, wide, high = frame
    inside = max(0, min(x, columns - width))
    above, away = (inside, max(0, y - height), 0, 0), height // 2
    others = (inside, y + high, 0, away), (x + wide, y, away, 0), (x - width, y, -away, 0)
    labels: list[_Label] = []
    for left, top, right, down in (above, *others):
        is_within = 0 <= left <= columns - width and 0 <= top <= rows - height
        if is_within or not labels:
            area = taken[top : top + height + down, max(0, left + min(right, 0)) :]
            area = area[:, : width + abs(right)]
            labels.append(_Label(pixels, left, top, float(area.mean()) / 255))
    free = (label for label in labels if label.hidden <= FREE)
    return next(free, min(labels, key=lambda label: label.hidden))


def _label(mark: _Mark, size: float, is_full: bool) -> Pixels:
    """(h, w, 3): the number, in full with its confidence, white on its colour."""
    text = mark.number.text + (f"  {percent(mark.number.confidence)}" if is_full else "")
    (wide, high), _ = cv2.getTextSize(text, FONT, size, 1)
    margin = max(2, high // 3)
    label = np.full((high + 2 * margin, wide + 2 * margin, 3), mark.colour, np.uint8)
    cv2.putText(label, text, (margin, margin + high), FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
    return label
