"""Random line crops of pages and of written lines, and the token sequences that they spell."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, sizes
from digits.model.spec import (
    BOUNDARY,
    DIGIT_TOKENS,
    LETTER,
    LINE_DIGIT,
    LINE_HEIGHT,
    LINE_STRIDE,
    MAX_LINE,
    SIGN_TOKENS,
    SIGNS,
)
from digits.reading.page.greyscale import FILLED, with_paper_around
from digits.reading.page.textline import TextLine, fit_text_line
from digits.synth.line import WrittenLine
from digits.synth.written_number import POWERS
from digits.training.datasets.crops import LabelledPage

WRITTEN_RATE = 0.6  # fraction of line crops that are of written lines, not of pages
EMPTY_RATE = 0.15  # fraction of line crops of pages that are not centred on a number
BLANK_RATE = 0.5  # fraction of these that lie anywhere, mostly on blank paper
FIELD_RATE = 0.3  # fraction of line crops whose picture ends near the number, as a form field's
# digit heights from a written line to the end of such a picture: above and below, and at the sides
CUT, BESIDE = (-0.05, 0.4), (0.1, 1.0)
MARGINS = (0.25, 2.6)  # digit heights before and after a number; the reader adds 2
MIN_READ, MAX_HIDDEN = 0.75, 0.4  # visible fraction from which a digit is read, to which it is not
HUGE = 1.6  # line crop heights, from which a digit is background
SMALL = 0.45  # of LINE_DIGIT, below which a digit belongs to another line
MAX_TOKENS = 40  # of the longest text
AS_LETTERS = "#&@?!*<>{}[]|\\"  # signs without a token of their own
TRIES = 12  # line crops without a usable text, after which sampling starts again

Random = np.random.Generator
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class LineSample:
    """A line crop before it is cut: picture, affine map to the crop, width and tokens.

    grey: (H, W) uint8. matrix: (2, 3), from picture to crop. width: columns of the crop.
    """

    grey: Grey
    matrix: NDArray[np.float64]
    width: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledLine:
    """A picture of one text line with the boxes of its digits; where the line is; what it says."""

    page: LabelledPage
    line: TextLine
    tokens: tuple[int, ...]

    @classmethod
    def from_written(cls, written: WrittenLine) -> LabelledLine:
        """The same line in grey levels."""
        middle = (written.start + written.end) / 2
        half = (written.end - written.start) / 2
        line = TextLine(middle, written.middle, 0.0, written.height, -half, half)
        return cls(LabelledPage.from_page(written.page), line, tokens_of(written.text))


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pages and written lines to train or to validate on; has_strokes: whether pen strokes of real
    people are among their hands."""

    pages: Sequence[LabelledPage]
    lines: Sequence[LabelledLine] = ()
    has_strokes: bool = False


def sha256_of_lines(lines: Sequence[LabelledLine]) -> str:
    """One SHA-256 of the grey levels and tokens of all lines."""
    total = hashlib.sha256()
    for line in lines:
        total.update(line.page.grey.tobytes() + bytes(line.tokens))
    return total.hexdigest()


def tokens_of(text: str) -> tuple[int, ...]:
    """The tokens that a text is read as.

    A blank between two digits is a boundary, and so is the rise to an exponent. Letters are all
    alike; small signs that the alphabet lacks, such as quotation marks, are read as nothing.
    """
    tokens: list[int] = []
    is_apart = False
    for character in text:
        if character == " ":
            is_apart = True
            continue
        if character in POWERS:
            character, is_apart = POWERS[character], True
        if character in "0123456789":
            if is_apart and tokens and tokens[-1] in range(*DIGIT_TOKENS.indices(BOUNDARY)):
                tokens.append(BOUNDARY)
            tokens.append(DIGIT_TOKENS.start + int(character))
        elif character in SIGNS:
            tokens.append(SIGN_TOKENS.start + SIGNS.index(character))
        elif character.isalpha() or character in AS_LETTERS:
            tokens.append(LETTER)
        else:
            continue
        is_apart = False
    return tuple(tokens)


def sample_line(labelled: Labelled, rng: Random) -> LineSample:
    """A random line crop: of a written line, or from a page, of a number, alone or with its
    neighbours, or of no number."""
    for _ in range(TRIES):
        pages, lines = labelled.pages, labelled.lines
        if lines and (not pages or rng.random() < WRITTEN_RATE):
            sample = _whole_line(lines[int(rng.integers(len(lines)))], rng)
            if sample is not None:
                return sample
            continue
        page = pages[int(rng.integers(len(pages)))]
        if rng.random() < EMPTY_RATE:
            line = _line_without_number(page, rng)
        elif len(page.digits):
            page = _field(page, rng) if rng.random() < FIELD_RATE else page
            line = _line_of_number(page, rng)
        else:
            continue
        line = _with_noise(line, rng).within(page.grey.shape)
        width = min(line.width, MAX_LINE)
        matrix = _sheared(line.matrix, rng)
        tokens = _tokens(page, matrix, width)
        if tokens is not None and _fits(tokens, width):
            return LineSample(page.grey, matrix, width, tokens)
    return sample_line(labelled, rng)


def _whole_line(labelled: LabelledLine, rng: Random) -> LineSample | None:
    """A written line with margins, at a size that its detections could give it; None if it is too
    long for a crop."""
    grey, line = labelled.page.grey, labelled.line
    if rng.random() < FIELD_RATE:
        grey, line = _cut_off(grey, line, rng)
    if LETTER in labelled.tokens:  # of which a detector finds parts, high and low ones
        line = replace(line, size=line.size * math.exp(rng.normal(0, 0.15)))
    before, behind = rng.uniform(*MARGINS, 2) * line.size
    line = replace(line, start=line.start - before, end=line.end + behind)
    line = _with_noise(line, rng).within(grey.shape)
    matrix = _sheared(line.matrix, rng)
    if line.width > MAX_LINE or not _fits(labelled.tokens, line.width):
        return None
    return LineSample(grey, matrix, line.width, labelled.tokens)


def _cut_off(grey: Grey, line: TextLine, rng: Random) -> tuple[Grey, TextLine]:
    """A level line in a picture that ends close around its digits, where commas lose their tails;
    with the margin that the reader gives to a small picture."""
    above, below = line.size * (0.5 + rng.uniform(*CUT, 2))
    before, behind = line.size * rng.uniform(*BESIDE, 2)
    top, left = max(0, round(line.y - above)), max(0, round(line.x + line.start - before))
    bottom, right = round(line.y + below), round(line.x + line.end + behind)
    field, margin = grey[top:bottom, left:right], 0
    if max(field.shape) <= FILLED:
        field, margin = with_paper_around(field)
    return field, replace(line, x=line.x - left + margin, y=line.y - top + margin)


def _fits(tokens: Sequence[int], width: int) -> bool:
    """Whether a crop has frames enough for a text, and a text as few tokens as there is room."""
    return 2 * len(tokens) < min(width // LINE_STRIDE, 2 * MAX_TOKENS)


def _line_without_number(page: LabelledPage, rng: Random) -> TextLine:
    """A random line through the most unusual grey level of sixteen random pixels, or of one."""
    height, width = page.grey.shape
    size = math.exp(rng.uniform(math.log(8), math.log(120)))
    points = rng.integers(0, (width, height), (1 if rng.random() < BLANK_RATE else 16, 2))
    levels = [int(page.grey[y, x]) for x, y in points]
    middle = float(np.median(levels))
    x, y = points[int(np.argmax(np.abs(np.array(levels) - middle)))].tolist()
    half = size * rng.uniform(0.4, 4)
    return TextLine(x, y + size * rng.normal(0, 0.3), rng.normal(0, 0.05), size, -half, half)


def _field(page: LabelledPage, rng: Random) -> LabelledPage:
    """The part of a page around one of its runs, like a form field."""
    low, high = page.digits[:, 1:3], page.digits[:, 1:3] + page.digits[:, 3:]
    is_in = page.runs == rng.choice(page.runs)
    size = float(np.median(page.digits[is_in, 4]))
    margins = size * np.exp(rng.uniform(math.log(0.08), math.log(3), (2, 2)))
    limit = np.array(page.grey.shape[::-1])
    start = np.clip(low[is_in].min(axis=0) - margins[0], 0, limit).astype(int)
    end = np.clip(np.ceil(high[is_in].max(axis=0) + margins[1]), 0, limit).astype(int)
    inside = ((low >= start) & (high <= end)).all(axis=1)
    outside = ((high <= start) | (low >= end)).any(axis=1)
    moved = page.digits - np.array([0, *start, 0, 0], np.float32)
    marks = page.marks - np.array([*start, 0, 0, 0], np.float32)
    ignore_boxes = np.concatenate(
        [page.ignore_boxes - np.array([*start, 0, 0], np.float32), moved[~inside & ~outside, 1:]]
    )
    grey = page.grey[start[1] : end[1], start[0] : end[0]]
    return LabelledPage(
        grey, moved[inside], page.runs[inside], ignore_boxes, marks, page.mark_texts
    )


def _line_of_number(page: LabelledPage, rng: Random) -> TextLine:
    """The text line through a run and maybe its neighbours, with a digit missing now and then, as
    after a detector."""
    boxes = page.digits[:, 1:]
    runs = page.runs if rng.random() < 0.5 else np.unique(page.runs)  # longer runs more often
    is_in = page.runs == rng.choice(runs)
    line = fit_text_line(boxes[is_in])
    reach = rng.choice([0.0, 0.0, 1.0, 2.5]) * line.size
    for _ in range(int(rng.integers(1, 30)) if reach else 0):
        start, end, top, bottom = line.along(boxes).T
        beside = (np.abs(top + bottom) < 0.8 * line.size) & ~is_in
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
    before, behind = rng.uniform(*MARGINS, 2) * line.size
    return _within_gaps(
        replace(line, start=line.start - before, end=line.end + behind), page, is_in
    )


def _within_gaps(line: TextLine, page: LabelledPage, is_in: NDArray[np.bool_]) -> TextLine:
    """The line with its ends between digits, if possible."""
    start, end, top, bottom = line.along(page.digits[:, 1:]).T
    other = ~is_in & (bottom > -0.9 * line.size) & (top < 0.9 * line.size)
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


def _with_noise(line: TextLine, rng: Random) -> TextLine:
    """The line with errors of position, angle and size, as of fitted lines; some are large."""
    scatter = 1.0 if rng.random() < 0.85 else 2.5
    size = line.size * math.exp(scatter * rng.normal(0, 0.09))
    return replace(
        line,
        y=line.y + line.size * scatter * rng.normal(0, 0.05),
        angle=line.angle + rng.normal(0, 0.025),
        size=size,
    )


def _sheared(matrix: NDArray[np.float64], rng: Random) -> NDArray[np.float64]:
    """The map (2, 3) with another slant and width about the line, as of another hand."""
    shear = rng.normal(0.12, 0.2) if rng.random() < 0.4 else rng.normal(0, 0.12)
    stretch = math.exp(rng.normal(0, 0.08))
    change = np.array([[stretch, -shear, shear * LINE_HEIGHT / 2], [0, 1, 0]])
    turned = change[:, :2] @ matrix
    turned[:, 2] += change[:, 2]
    return turned


def _tokens(page: LabelledPage, matrix: NDArray[np.float64], width: int) -> tuple[int, ...] | None:
    """The tokens of a line crop, or None where they are ambiguous.

    That is where a digit, sign or word is too visible to be ignored and too little to be read,
    where an ignore box or unknown text lies in the crop, and where one stands above the other.
    """
    count, known = len(page.digits), len(page.digits) + len(page.marks)
    boxes = np.concatenate([page.digits[:, 1:], page.marks[:, :4], page.ignore_boxes])
    if not len(boxes):
        return ()
    middle, half = _mapped(boxes, matrix)
    visible = _visible(middle, half, np.array([width, LINE_HEIGHT]))
    size = 2 * half.max(axis=1)
    size[count:known] = page.marks[:, 4] * math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    is_huge = 2 * half[:, 1] > HUGE * LINE_HEIGHT
    is_small = size < SMALL * LINE_DIGIT
    is_read = (visible.min(axis=1) >= MIN_READ) & ~is_huge & ~is_small
    is_left_out = (visible.min(axis=1) <= MAX_HIDDEN) | is_huge
    is_left_out[count:known] |= is_small[count:known]
    if not (is_read | is_left_out)[:known].all() or (visible.prod(axis=1)[known:] > 0.02).any():
        return None
    order = np.flatnonzero(is_read[:known])
    order = order[np.argsort(middle[order, 0], kind="stable")]
    if _are_stacked(middle[order, 0], half[order, 0], order < count):
        return None
    return _spelled(page, order.tolist())


def _are_stacked(
    middle: NDArray[np.float64], half: NDArray[np.float64], is_digit: NDArray[np.bool_]
) -> bool:
    """Whether one digit or word stands above another: their middles (N,), ascending, are closer
    than their half widths (N,) allow."""
    gaps = np.diff(middle)
    near = 0.3 * np.minimum(half[:-1], half[1:])
    both = is_digit[:-1] & is_digit[1:]
    in_word = ~both & (gaps < 0.5 * np.maximum(half[:-1], half[1:])) & (half.max(initial=0) > 0)
    wide = np.maximum(half[:-1], half[1:]) > LINE_DIGIT
    return bool((both & (gaps < near)).any() or (in_word & wide).any())


def _spelled(page: LabelledPage, order: list[int]) -> tuple[int, ...] | None:
    """The tokens of digits, then marks, by index, from left to right; None if a text is unknown."""
    tokens: list[int] = []
    before: int | None = None  # the digit just before, if nothing stands between
    for index in order:
        if index >= len(page.digits):
            text = page.mark_texts[index - len(page.digits)]
            if not text:
                return None
            found = tokens_of(text)
            tokens += found
            before = None if found else before
            continue
        if before is not None and not _are_adjacent(page, before, index):
            tokens.append(BOUNDARY)
        tokens.append(DIGIT_TOKENS.start + int(page.digits[index, 0]))
        before = index
    return tuple(tokens)


def _mapped(
    boxes: Boxes, matrix: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres (N, 2) and half sides (N, 2) of boxes (N, 4) in a line crop."""
    middle = (boxes[:, :2] + boxes[:, 2:] / 2) @ matrix[:, :2].T + matrix[:, 2]
    return middle, boxes[:, 2:] / 2 @ np.abs(matrix[:, :2] * np.eye(2)).T


def _visible(
    middle: NDArray[np.float64], half: NDArray[np.float64], limit: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(N, 2) fractions of width and height that lie within a crop of that width and height."""
    low, high = middle - half, middle + half
    shown = np.clip(np.minimum(high, limit) - np.maximum(low, 0), 0, None)
    return np.asarray(shown / np.maximum(high - low, 1e-3))


def _are_adjacent(page: LabelledPage, first: int, second: int) -> bool:
    """Whether two digits are neighbours in one run."""
    return bool(page.runs[first] == page.runs[second] and abs(second - first) == 1)
