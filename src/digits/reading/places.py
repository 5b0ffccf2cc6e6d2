"""Lines of spots → places: wherever the finder saw a digit or the recogniser read one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.model.classifier import TILE, Classifier
from digits.model.finder import Finder, Spots, overlaps
from digits.model.recogniser import APART, STRIDE, TOKENS, Recogniser
from digits.reading.baseline import DIGIT, Baseline, baseline_of, cut_strip, sizes_of
from digits.reading.contrast import contrast
from digits.reading.lines import lines_through
from digits.reading.opinions import Opinions
from digits.reading.search import search
from digits.reading.specimen import specimen
from digits.reading.tile import normalise

MARGIN = 0.8  # heights of a digit, that a strip shows before and behind its line
DOUBTFUL = -0.5  # the finder's logit, below which a spot may be a speck
PEN, FAINTEST = 0.9, 0.2  # quantile of contrasts; share of that, which grain stays below
LOW = -3.0  # the finder's logit where it saw nothing
HEARD = 0.25  # chance of a token in a frame, from which on it may have been read
WIDEST, SHARPLY = 0.6, 12.0  # heights; where a gap is as likely in a number as between two
BROAD = 0.6  # of its height, the width of a digit whose box is not known


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

    def chance_apart(self, first: int, second: int) -> float:
        """How likely a number ends between two places, the first before the second: as the
        recogniser has it of one line, by the gap between two lines."""
        if self.line[first] == self.line[second]:
            low, high = (int(self.along[place] // STRIDE) for place in (first, second))
            return float(self.apart[self.line[first]][low : high + 1].max(initial=0.0))
        (x, _, wide, _), (other, _, _, _) = self.boxes[first], self.boxes[second]
        gap = (other - x - wide) / sizes_of(self.boxes[[first, second]]).max()
        return float(1 / (1 + np.exp(SHARPLY * (WIDEST - gap))))


def find_places(
    grey: NDArray[np.uint8], finder: Finder, recogniser: Recogniser, classifier: Classifier
) -> Places:
    """All places of a picture (H, W) uint8, each once."""
    spots = search(finder, grey)
    groups = _groups(spots)
    lines = [baseline_of(spots.boxes[group], MARGIN) for group in groups]
    strips = [cut_strip(grey, line.matrix, line.width) for line in lines]
    said = recogniser.say([contrast(strip) for strip in strips])
    found = [
        _on_line(place, line, strip, chances, Spots(spots.boxes[group], spots.scores[group]))
        for place, (line, strip, chances, group) in enumerate(
            zip(lines, strips, said, groups, strict=True)
        )
    ]
    every = [each for line in found for each in line]
    every = _of_a_pen(every)
    boxes = np.array([each.box for each in every], np.float32).reshape(-1, 4)
    kept = _once(boxes, np.array([each.strength for each in every]))
    every = [every[place] for place in kept]
    tiles = np.array([each.tile for each in every], np.uint8).reshape(-1, TILE, TILE)
    probabilities, is_digit = classifier.judge(tiles)
    return Places(
        boxes[kept],
        Opinions(
            np.array([each.finder for each in every], np.float32).reshape(-1, 10),
            np.array([each.recogniser for each in every], np.float64).reshape(-1, 10),
            probabilities,
            is_digit,
            sizes_of(boxes[kept]),
        ),
        tiles,
        np.array([each.line for each in every], np.intp),
        np.array([each.along for each in every], np.float64),
        [chances[:, APART] for chances in said],
    )


def _groups(spots: Spots) -> list[NDArray[np.intp]]:
    """Spots in lines; doubtful ones, which may be specks between digits, part no others."""
    best = spots.scores.max(axis=1, initial=-np.inf)
    parts = (np.flatnonzero(best >= DOUBTFUL), np.flatnonzero(best < DOUBTFUL))
    return [part[line] for part in parts for line in lines_through(spots.boxes[part])]


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    box: NDArray[np.float32]
    finder: NDArray[np.float32]
    recogniser: NDArray[np.float64]
    tile: NDArray[np.uint8]
    contrast: float
    line: int
    along: float

    @property
    def strength(self) -> float:
        return float(self.finder.max() + 3 * self.recogniser.max())


def _on_line(
    number: int,
    line: Baseline,
    strip: NDArray[np.uint8],
    chances: NDArray[np.float64],
    spots: Spots,
) -> list[_Place]:
    """The places of one line: its spots, each with what was read there, and what else was read."""
    digits = chances[:, TOKENS]
    boxes = _boxes_in_strip(line, spots.boxes)
    peaks = _peaks(digits)
    owner = _owners(peaks, boxes)
    places = []
    for spot, (box, scores) in enumerate(zip(boxes, spots.scores, strict=True)):
        own = [peak for peak, of in zip(peaks, owner, strict=True) if of == spot]
        heard = np.max([digits[low:high].max(axis=0) for low, high in own], axis=0) if own else None
        if heard is None:
            heard = digits[_frames_about(box, owner, peaks, len(digits))].max(axis=0, initial=0.0)
        places.append(_place(number, line, strip, box, scores, heard))
    for (low, high), of in zip(peaks, owner, strict=True):
        if of < 0:
            box = _box_about((low + high) / 2 * STRIDE, boxes, strip.shape[1])
            heard = digits[low:high].max(axis=0)
            nothing = np.full(10, LOW, np.float32)
            places.append(_place(number, line, strip, box, nothing, heard))
    return places


def _place(
    number: int,
    line: Baseline,
    strip: NDArray[np.uint8],
    box: NDArray[np.float64],
    scores: NDArray[np.float32],
    heard: NDArray[np.float64],
) -> _Place:
    own = specimen(strip, box)
    along = float(box[0] + box[2] / 2)
    on_picture = _on_picture(line, own.box)
    return _Place(on_picture, scores, heard, normalise(own.ink), own.contrast, number, along)


def _boxes_in_strip(line: Baseline, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    seen = middle @ line.matrix[:, :2].T + line.matrix[:, 2]
    size = boxes[:, 2:] * line.scale
    return np.concatenate([seen - size / 2, size], axis=1)


def _on_picture(line: Baseline, box: NDArray[np.float64]) -> NDArray[np.float32]:
    matrix = line.matrix
    middle = np.linalg.solve(matrix[:, :2], box[:2] + box[2:] / 2 - matrix[:, 2])
    size = box[2:] / line.scale
    return np.concatenate([middle - size / 2, size]).astype(np.float32)


def _peaks(digits: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Runs of frames in which the same digit is likeliest, and likely at all."""
    best = np.where(digits.max(axis=1) >= HEARD, digits.argmax(axis=1), -1)
    ends = np.flatnonzero(np.diff(best)) + 1
    bounds = [0, *ends.tolist(), len(best)]
    return [(a, b) for a, b in pairwise(bounds) if b > a and best[a] >= 0]


def _owners(peaks: list[tuple[int, int]], boxes: NDArray[np.float64]) -> list[int]:
    """The spot that each peak lies on, the nearest peak of each spot only; -1 for none."""
    owner = [-1] * len(peaks)
    if not len(boxes):
        return owner
    middle, half = boxes[:, 0] + boxes[:, 2] / 2, np.maximum(boxes[:, 2] / 2, STRIDE)
    off = [np.abs((a + b) / 2 * STRIDE - middle) / half for a, b in peaks]
    pairs = sorted((float(d[s]), p, s) for p, d in enumerate(off) for s in range(len(boxes)))
    taken: set[int] = set()
    for distance, peak, spot in pairs:
        if distance > 1.3:
            break
        if owner[peak] < 0 and spot not in taken:
            owner[peak] = spot
            taken.add(spot)
    return owner


def _frames_about(
    box: NDArray[np.float64], owner: list[int], peaks: list[tuple[int, int]], count: int
) -> NDArray[np.intp]:
    """The frames in the middle of a box, without those that other spots own."""
    low, high = (box[0] + box[2] * 0.25) / STRIDE, (box[0] + box[2] * 0.75) / STRIDE
    frames = np.arange(max(int(low), 0), min(int(np.ceil(high)) + 1, count))
    for (a, b), of in zip(peaks, owner, strict=True):
        if of >= 0:
            frames = frames[(frames < a) | (frames >= b)]
    return frames


def _box_about(middle: float, boxes: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """A box for a digit of which only the column is known, as high as its neighbours."""
    near = boxes[np.argmin(np.abs(boxes[:, 0] + boxes[:, 2] / 2 - middle))]
    high = float(np.clip(near[3], 0.6 * DIGIT, 1.5 * DIGIT))
    wide = BROAD * DIGIT
    y = near[1] + near[3] / 2 - high / 2
    return np.array([middle - wide / 2, y, wide, high])


def _of_a_pen(places: list[_Place]) -> list[_Place]:
    """Without those that are far fainter than the ink of the picture: grain, and what shines
    through."""
    strongest = np.quantile([each.contrast for each in places], PEN) if places else 0.0
    return [each for each in places if each.contrast >= FAINTEST * strongest]


def _once(boxes: NDArray[np.float32], strength: NDArray[np.float64]) -> list[int]:
    """Which of some boxes are left, where those go that a stronger one covers; in order."""
    kept: list[int] = []
    for place in np.argsort(-strength, kind="stable"):
        if not (overlaps(boxes[place], boxes[kept]) >= 0.45).any():
            kept.append(int(place))
    return sorted(kept)
