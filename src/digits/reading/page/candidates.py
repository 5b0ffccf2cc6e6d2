"""Lines of detections → places: wherever the detector saw a digit or the recogniser read one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import iou, quantile, sizes
from digits.model.classifier import Classifier
from digits.model.detector import Detections, Detector
from digits.model.inputs import local_contrast, normalise_tile
from digits.model.recogniser import Recogniser
from digits.model.spec import (
    BOUNDARY,
    DIGIT_TOKENS,
    LINE_DIGIT,
    LINE_HEIGHT,
    LINE_STRIDE,
    TILE,
)
from digits.reading.page.align import (
    HEARD,
    box_about,
    frames_about,
    middle_of,
    owners_of,
    peaks_of,
)
from digits.reading.page.detect import Look, merge_levels, search, seen_at
from digits.reading.page.fuse import Opinions, agreed, surroundings
from digits.reading.page.lines import lines_of_detections
from digits.reading.page.segment import specimen
from digits.reading.page.textline import Baseline, cut_strip

PEN, FAINTEST = 0.9, 0.2  # quantile of contrasts; share of that, which grain stays below
PAIR, SMALLER = 2, 1.3  # digits of a line, among which one so many times smaller is heard
SMALLEST = 5  # pixels
NEAR = 0.1  # of a digit's size, within which a side of its ink and the detector's are the same
ALONG, ACROSS = 1.0, 0.6  # heights; gaps on one line, and between two, that may end a number
SHARPLY = 12.0  # of the log-odds that they do, a height
SAME = 0.45  # overlap of two boxes of one digit
BESIDE = 0.3 * LINE_DIGIT  # columns between two digits of a line, at least


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """N places on a picture where a digit may stand.

    boxes: (N, 4) float32, x, y, width, height in its pixels. tiles: (N, 28, 28) uint8. line: (N,)
    the line that each stands on, along: (N,) where on it, in columns of the line's strip; apart: a
    chance for each column of each strip, by fours, that one number ends there.
    """

    boxes: NDArray[np.float32]
    opinions: Opinions
    tiles: NDArray[np.uint8]
    line: NDArray[np.intp]
    along: NDArray[np.float64]
    apart: list[NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.boxes)

    def are_beside(self, first: int, second: int) -> bool:
        """Whether two places of one line are two digits, however much their boxes overlap: digits
        that lean or touch lie in each other's. Both were read, each in columns of its own."""
        is_heard = self.opinions.recogniser[[first, second]].max(axis=1).min() >= HEARD
        return bool(is_heard) and _are_apart(
            self.line[first], self.along[first], self.line[second], self.along[second]
        )

    def chance_apart(self, first: int, second: int) -> float:
        """How likely a number ends between two places, the first before the second: by the gap,
        which of one line is to be wider, and there as the recogniser has it too."""
        is_one_line = self.line[first] == self.line[second]
        (x, _, wide, _), (other, _, _, _) = self.boxes[first], self.boxes[second]
        gap = (other - x - wide) / sizes(self.boxes[[first, second]]).max()
        by_gap = float(1 / (1 + np.exp(SHARPLY * ((ALONG if is_one_line else ACROSS) - gap))))
        if not is_one_line:
            return by_gap
        low, high = (int(self.along[place] // LINE_STRIDE) for place in (first, second))
        return max(by_gap, float(self.apart[self.line[first]][low : high + 1].max(initial=0.0)))


def _are_apart(line: int, along: float, other_line: int, other_along: float) -> bool:
    return line == other_line and abs(along - other_along) >= BESIDE


def find_places(
    grey: NDArray[np.uint8], detector: Detector, recogniser: Recogniser, classifier: Classifier
) -> Places:
    """All places of a picture (H, W) uint8, each once."""
    looks = search(detector, grey)
    detections = merge_levels(looks)
    lines, groups = lines_of_detections(detections)
    lines = [line.within(grey.shape) for line in lines]
    strips = [cut_strip(grey, line.matrix, line.width) for line in lines]
    said = recogniser.probabilities([local_contrast(strip) for strip in strips])
    every: list[_Place] = []
    for number, (line, strip, chances, group) in enumerate(
        zip(lines, strips, said, groups, strict=True)
    ):
        own = Detections(detections.boxes[group], detections.logits[group])
        every += _on_line(number, line, strip, chances[:, DIGIT_TOKENS], own, looks)
    every = _once(_legible(every))
    boxes = np.array([each.box for each in every], np.float32).reshape(-1, 4)
    tiles = np.array([each.tile for each in every], np.uint8).reshape(-1, TILE, TILE)
    probabilities, is_digit = classifier.glance(tiles)
    seen = np.array([each.detector for each in every], np.float32).reshape(-1, 10)
    heard = np.array([each.recogniser for each in every], np.float64).reshape(-1, 10)
    stands_on = np.array([each.line for each in every], np.intp)
    _hear_among_larger(heard, boxes, seen, stands_on, lines, said)
    along = np.array([each.along for each in every], np.float64)
    size = sizes(boxes)
    about = surroundings(seen, heard, stands_on, along, size)
    return Places(
        boxes,
        Opinions(seen, heard, probabilities, is_digit, size, *about),
        tiles,
        stands_on,
        along,
        [chances[:, BOUNDARY] for chances in said],
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    box: NDArray[np.float32]
    detector: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    tile: NDArray[np.uint8]
    contrast: float
    line: int
    along: float

    @property
    def strength(self) -> float:
        return float(self.detector.max() + 3 * self.recogniser.max())

    def is_beside(self, other: _Place) -> bool:
        is_heard = min(self.recogniser.max(), other.recogniser.max()) >= HEARD
        return is_heard and _are_apart(self.line, self.along, other.line, other.along)


def _on_line(
    number: int,
    line: Baseline,
    strip: NDArray[np.uint8],
    digits: NDArray[np.float64],
    detections: Detections,
    looks: Sequence[Look],
) -> list[_Place]:
    """The places of one line: its detections, each with what was read there, and what else was
    read, with what the detector saw there. digits: (T, 10) their chances in each
    frame of the strip."""
    boxes = _boxes_in_strip(line, detections.boxes)
    peaks = peaks_of(digits)
    owner = owners_of(peaks, digits, boxes, detections.logits)
    places = []
    for detection, (box, scores) in enumerate(zip(boxes, detections.logits, strict=True)):
        if detection in owner:
            peak = peaks[owner.index(detection)]
            along, heard = middle_of(peak), digits[slice(*peak)].max(axis=0)
        else:
            along = float(box[0] + box[2] / 2)
            heard = digits[frames_about(box, owner, peaks, len(digits))].max(axis=0, initial=0.0)
        places.append(_place(number, line, strip, box, scores, heard, along))
    for peak, of in zip(peaks, owner, strict=True):
        if of < 0:
            heard = digits[slice(*peak)].max(axis=0)
            about = _on_picture(line, box_about(peak, boxes))
            scores, box = seen_at(looks, about, int(heard.argmax()))
            [box] = _boxes_in_strip(line, box[None])
            places.append(_place(number, line, strip, box, scores, heard, middle_of(peak)))
    return places


def _place(
    number: int,
    line: Baseline,
    strip: NDArray[np.uint8],
    box: NDArray[np.float64],
    scores: NDArray[np.float32],
    heard: NDArray[np.float64],
    along: float,
) -> _Place:
    own = specimen(strip, box)
    on_picture = _on_picture(line, _seen_twice(box, own.box))
    return _Place(on_picture, scores, heard, normalise_tile(own.ink), own.contrast, number, along)


def _seen_twice(box: NDArray[np.float64], ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """A detector's box (4,), each side halfway to the ink's if that is near; else the ink runs into
    a rule or another digit there, or is in pieces."""
    sides, others = (np.append(each[:2], each[:2] + each[2:]) for each in (box, ink))
    is_near = np.abs(others - sides) <= NEAR * box[2:].max()
    sides = np.where(is_near, (sides + others) / 2, sides)
    return np.append(sides[:2], sides[2:] - sides[:2])


def _boxes_in_strip(line: Baseline, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    seen = middle @ line.matrix[:, :2].T + line.matrix[:, 2]
    size = boxes[:, 2:] * line.scale
    return np.concatenate([seen - size / 2, size], axis=1)


def _on_picture(line: Baseline, box: NDArray[np.float64]) -> NDArray[np.float32]:
    backwards = cv2.invertAffineTransform(line.matrix)
    middle = backwards @ [*(box[:2] + box[2:] / 2), 1]
    size = box[2:] / line.scale
    return np.concatenate([middle - size / 2, size]).astype(np.float32)


def _hear_among_larger(
    heard: NDArray[np.float64],
    boxes: NDArray[np.float32],
    seen: NDArray[np.float32],
    line: NDArray[np.intp],
    lines: list[Baseline],
    said: list[NDArray[np.float64]],
) -> None:
    """What stands among larger digits is heard only if it is heard in their strip too: else commas
    and apostrophes, seen alone, would be ones. Changes `heard` (N, 10)."""
    is_agreed = agreed(seen, heard)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    size = np.array([each.size for each in lines])
    for number, (larger, chances) in enumerate(zip(lines, said, strict=True)):
        own = is_agreed & (line == number)
        if own.sum() < PAIR:
            continue
        x, y = larger.matrix[:, :2] @ middle.T + larger.matrix[:, 2:]
        is_among = (x > x[own].min() - LINE_DIGIT) & (x < x[own].max() + LINE_DIGIT)
        is_among &= (np.abs(y - LINE_HEIGHT / 2) < LINE_HEIGHT / 2) & (
            size[line] * SMALLER < larger.size
        )
        for place in np.flatnonzero(is_among).tolist():
            frame = int(x[place] // LINE_STRIDE)
            near = chances[max(frame - 2, 0) : frame + 3, DIGIT_TOKENS].max(axis=0, initial=0.0)
            heard[place] = np.minimum(heard[place], near)


def _legible(places: list[_Place]) -> list[_Place]:
    """Without those that are too small to be read, or far fainter than the ink of the picture:
    grain, and what shines through."""
    strongest = quantile([each.contrast for each in places], PEN) if places else 0.0
    return [
        each
        for each in places
        if each.contrast >= FAINTEST * strongest and each.box[2:].max() >= SMALLEST
    ]


def _once(places: list[_Place]) -> list[_Place]:
    """Those that are left, where a place goes that a stronger one covers; in order."""
    kept: set[int] = set()
    boxes = np.array([each.box for each in places], np.float32).reshape(-1, 4)
    is_covered = iou(boxes[:, None], boxes) >= SAME
    for place in sorted(range(len(places)), key=lambda place: -places[place].strength):
        others = kept.intersection(np.flatnonzero(is_covered[place]).tolist())
        if all(places[place].is_beside(places[other]) for other in others):
            kept.add(place)
    return [places[place] for place in sorted(kept)]
