"""Strips of made-up pages, and what a recogniser shall read in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from numpy.typing import NDArray

from digits.geometry import sizes
from digits.model.inputs import local_contrast
from digits.model.spec import (
    BOUNDARY,
    DIGIT_TOKENS,
    LINE_DIGIT,
    LINE_HEIGHT,
    LINE_SIZE_MULTIPLE,
    LINE_STRIDE,
    MAX_LINE,
)
from digits.reading.page.textline import TextLine, crop_line, fit_text_line
from digits.training.augment.degrade import photographed, waved
from digits.training.datasets.crops import GreyPage

EMPTY = 0.2  # share of the strips that are about no number
CROPPED = 0.3  # share of the others whose picture ends near the number, as that of a field does
ROOM = (0.25, 2.6)  # heights, before and behind a number; a reader gives 2 to what was found of it
READ, HIDDEN = 0.75, 0.4  # shares of a digit's height: shown more it is read, shown less it is not
HUGE = 1.6  # heights of the strip: of a digit that large only parts are seen
SMALL = 0.45  # of the usual height; what is smaller is of another line
FULLEST = 32  # tokens of the longest text
TRIES = 12  # strips that may be thrown away before one without digits is taken
GROUP = 4  # batches that are chosen together, strips of like width in each

Random = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """A strip before it is cut: of which picture, the way to it, its width and its text."""

    grey: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    width: int
    tokens: tuple[int, ...]


class Strips(keras.utils.PyDataset):
    """Batches of strips, (N, 48, width, 3) float32, and texts, (N, 32) int32, 0 after their end.

    Which strips is a function of seed and epoch alone.
    """

    def __init__(
        self,
        pages: Sequence[GreyPage],
        count: int,
        batch_size: int,
        seed: int,
        epoch: int = 0,
        *,
        always_same: bool = False,
    ) -> None:
        super().__init__()
        self._pages = pages
        self._count = count
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._always_same = always_same
        self._group: tuple[tuple[int, int], list[list[_Chosen]]] | None = None

    def __len__(self) -> int:
        return -(-self._count // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        chosen = self._batches(index // GROUP)[index % GROUP]
        rng = np.random.default_rng([self._seed, self._epoch, index, 1])
        width = -(-max(each.width for each in chosen) // LINE_SIZE_MULTIPLE) * LINE_SIZE_MULTIPLE
        if index == 1:  # Keras takes for fixed what the first two batches have in common
            width += LINE_SIZE_MULTIPLE
        seen = np.zeros((len(chosen), LINE_HEIGHT, width, 3), np.float32)
        texts = np.zeros((len(chosen), FULLEST), np.int32)
        for strip, text, each in zip(seen, texts, chosen, strict=True):
            start = int(rng.integers(0, width - each.width + 1)) // LINE_STRIDE * LINE_STRIDE
            strip[:, start : start + each.width] = local_contrast(_seen(each, rng))
            text[: len(each.tokens)] = each.tokens
        return seen, texts

    def on_epoch_end(self) -> None:
        self._epoch += not self._always_same

    def _batches(self, group: int) -> list[list[_Chosen]]:
        """Of a group; kept, since its batches are asked for one after the other."""
        key = (self._epoch, group)
        if self._group is None or self._group[0] != key:
            rng = np.random.default_rng([self._seed, *key])
            count = min(GROUP * self._batch_size, self._count - group * GROUP * self._batch_size)
            strips = sorted(
                (choose_strip(self._pages, rng) for _ in range(count)), key=lambda each: each.width
            )
            size = self._batch_size
            self._group = key, [strips[at : at + size] for at in range(0, count, size)]
        return self._group[1]


def choose_strip(pages: Sequence[GreyPage], rng: Random) -> _Chosen:
    """A strip of some page: about a number, with its neighbours or alone, or about none."""
    for _ in range(TRIES):
        page = pages[int(rng.integers(len(pages)))]
        if rng.random() < EMPTY:
            line = _somewhere(page, rng)
        elif len(page.digits):
            page = _cropped(page, rng) if rng.random() < CROPPED else page
            line = _about_a_number(page, rng)
        else:
            continue
        line = _unsteady(line, rng).within(page.grey.shape)
        width = min(line.width, MAX_LINE)
        matrix = _leant(line.matrix, rng)
        tokens = _text(page, matrix, width)
        if tokens is not None and 2 * len(tokens) < min(width // LINE_STRIDE, 2 * FULLEST):
            return _Chosen(page.grey, matrix, width, tokens)
    return choose_strip(pages, rng)


def _somewhere(page: GreyPage, rng: Random) -> TextLine:
    """A line where something is dark, if there is such a place."""
    height, width = page.grey.shape
    size = math.exp(rng.uniform(math.log(8), math.log(120)))
    places = rng.integers(0, (width, height), (16, 2))
    dark = [int(page.grey[y, x]) for x, y in places]
    middle = float(np.median(dark))
    x, y = places[int(np.argmax(np.abs(np.array(dark) - middle)))].tolist()
    half = size * rng.uniform(0.4, 4)
    return TextLine(x, y + size * rng.normal(0, 0.3), rng.normal(0, 0.05), size, -half, half)


def _cropped(page: GreyPage, rng: Random) -> GreyPage:
    """The part of a page around one of its runs."""
    low, high = page.digits[:, 1:3], page.digits[:, 1:3] + page.digits[:, 3:]
    is_in = page.runs == rng.choice(page.runs)
    size = float(np.median(page.digits[is_in, 4]))
    room = size * np.exp(rng.uniform(math.log(0.08), math.log(3), (2, 2)))
    limit = np.array(page.grey.shape[::-1])
    start = np.clip(low[is_in].min(axis=0) - room[0], 0, limit).astype(int)
    end = np.clip(np.ceil(high[is_in].max(axis=0) + room[1]), 0, limit).astype(int)
    inside = ((low >= start) & (high <= end)).all(axis=1)
    outside = ((high <= start) | (low >= end)).any(axis=1)
    moved = page.digits - np.array([0, *start, 0, 0], np.float32)
    cut = np.concatenate(
        [page.cut - np.array([*start, 0, 0], np.float32), moved[~inside & ~outside, 1:]]
    )
    grey = page.grey[start[1] : end[1], start[0] : end[0]]
    return GreyPage(grey, moved[inside], page.runs[inside], cut)


def _about_a_number(page: GreyPage, rng: Random) -> TextLine:
    """The line through the digits of a run and maybe of those beside it, as a detector may give it:
    some digit was missed, some size misjudged."""
    boxes = page.digits[:, 1:]
    runs = page.runs if rng.random() < 0.5 else np.unique(page.runs)  # long ones more often
    is_in = page.runs == rng.choice(runs)
    line = fit_text_line(boxes[is_in])
    reach = rng.choice([0.0, 0.0, 1.0, 2.5]) * line.size
    for _ in range(int(rng.integers(1, 30)) if reach else 0):
        start, end, top, foot = line.along(boxes).T
        beside = (np.abs(top + foot) < 0.8 * line.size) & ~is_in
        near = beside & (start < line.end + reach) & (end > line.start - reach)
        near &= np.abs(np.log(sizes(boxes) / line.size)) < 0.6
        if not near.any():
            break
        grown = fit_text_line(boxes[is_in | near])
        if grown.width > MAX_LINE - LINE_DIGIT:
            break
        is_in, line = is_in | near, grown
    found = np.flatnonzero(is_in)
    if len(found) > 1 and rng.random() < 0.12:
        line = fit_text_line(boxes[np.delete(found, rng.integers(len(found)))])
    before, behind = rng.uniform(*ROOM, 2) * line.size
    return _within_gaps(
        replace(line, start=line.start - before, end=line.end + behind), page, is_in
    )


def _within_gaps(line: TextLine, page: GreyPage, is_in: NDArray[np.bool_]) -> TextLine:
    """With ends that go through no digit, if that is possible."""
    start, end, top, foot = line.along(page.digits[:, 1:]).T
    other = ~is_in & (foot > -0.9 * line.size) & (top < 0.9 * line.size)
    first, last = (
        line.along(page.digits[is_in, 1:])[:, 0].min(),
        line.along(page.digits[is_in, 1:])[:, 1].max(),
    )
    before = end[other & (end > line.start) & (end < first)]
    behind = start[other & (start < line.end) & (start > last)]
    if len(before):
        line = replace(line, start=float(max(line.start, (before.max() + first) / 2)))
    if len(behind):
        line = replace(line, end=float(min(line.end, (behind.min() + last) / 2)))
    return line


def _unsteady(line: TextLine, rng: Random) -> TextLine:
    """A little off, as measured lines are; some are measured badly."""
    scatter = 1.0 if rng.random() < 0.85 else 2.5
    size = line.size * math.exp(scatter * rng.normal(0, 0.09))
    return replace(
        line,
        y=line.y + line.size * scatter * rng.normal(0, 0.05),
        angle=line.angle + rng.normal(0, 0.025),
        size=size,
    )


def _leant(matrix: NDArray[np.float64], rng: Random) -> NDArray[np.float64]:
    """With other slant and width, about the line: what another hand would have made of it."""
    lean = rng.normal(0.12, 0.2) if rng.random() < 0.4 else rng.normal(0, 0.12)
    stretch = math.exp(rng.normal(0, 0.08))
    change = np.array([[stretch, -lean, lean * LINE_HEIGHT / 2], [0, 1, 0]])
    turned = change[:, :2] @ matrix
    turned[:, 2] += change[:, 2]
    return turned


def _text(page: GreyPage, matrix: NDArray[np.float64], width: int) -> tuple[int, ...] | None:
    """What is to be read in a strip; None where it shows a part of a digit and that is neither
    enough to read it nor little enough to leave it."""
    boxes = np.concatenate([page.digits[:, 1:], page.cut])
    if not len(boxes):
        return ()
    middle = (boxes[:, :2] + boxes[:, 2:] / 2) @ matrix[:, :2].T + matrix[:, 2]
    half = boxes[:, 2:] / 2 @ np.abs(matrix[:, :2] * np.eye(2)).T
    low, high = middle - half, middle + half
    limit = np.array([width, LINE_HEIGHT])
    shown = np.clip(np.minimum(high, limit) - np.maximum(low, 0), 0, None) / np.maximum(
        high - low, 1e-3
    )
    share = shown.prod(axis=1)
    is_huge = 2 * half[:, 1] > HUGE * LINE_HEIGHT
    is_small = 2 * half.max(axis=1) < SMALL * LINE_DIGIT
    is_read = (shown.min(axis=1) >= READ) & ~is_huge & ~is_small
    is_left = (shown.min(axis=1) <= HIDDEN) | is_huge
    if (
        not (is_read | is_left)[: len(page.digits)].all()
        or (share[len(page.digits) :] > 0.02).any()
    ):
        return None
    order = np.flatnonzero(is_read)
    order = order[np.argsort(middle[order, 0])]
    if (
        np.diff(middle[order, 0]) < 0.3 * np.minimum(half[order[:-1], 0], half[order[1:], 0])
    ).any():
        return None  # one above the other: more lines than one
    tokens: list[int] = []
    for before, place in zip([None, *order[:-1]], order, strict=False):
        if before is not None and not _go_together(page, int(before), int(place)):
            tokens.append(BOUNDARY)
        tokens.append(DIGIT_TOKENS.start + int(page.digits[place, 0]))
    return tuple(tokens)


def _go_together(page: GreyPage, before: int, place: int) -> bool:
    return bool(page.runs[before] == page.runs[place] and abs(place - before) == 1)


def _seen(chosen: _Chosen, rng: Random) -> NDArray[np.uint8]:
    strip = crop_line(chosen.grey, chosen.matrix, chosen.width)
    if rng.random() < 0.5:
        strip = waved(strip, 1.5, rng)
    return photographed(strip, rng)
