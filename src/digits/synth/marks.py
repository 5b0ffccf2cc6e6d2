"""Elements of layouts: numbers in cells and boxes, words, rules, clutter."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.cast import Cast
from digits.synth.clutter import KINDS
from digits.synth.letters import make_up_word
from digits.synth.pen import spline
from digits.synth.sheet import Sheet, turned
from digits.synth.writing import Glyph, Ink, Random
from digits.synth.written_number import Written

Shape = Callable[[Random], list[NDArray[np.float64]]]
Cell = tuple[int, int, int, int]  # x, y, width, height in pixels
CLUTTER = (
    "grid",
    "frame",
    "dash",
    "specks",
    "blob",
    "smudge",
    "scribble",
    "strike_out",
    "letter",
    "sign",
    "word",
    "crossed_out",
)
"""The kinds of clutter that show no digit on a page either."""
LEGIBLE_CLUTTER = ("letter", "sign", "word")  # which say something


def scatter(sheet: Sheet, cast: Cast, texts: list[str], rng: Random) -> None:
    """Numbers at free positions; some are slanted, underlined, circled or crossed out."""
    steep = rng.random() < 0.15
    for text in texts:
        size = round(cast.height * math.exp(rng.normal(0, 0.12)))
        written = cast.number(text, rng, size, room=sheet.size[1])
        if rng.random() < 0.35:
            written = turned(written, float(rng.normal(0, 20 if steep else 9)))
        if rng.random() < 0.06:
            cross_out(sheet, written, *sheet.random_position(written.ink, rng), rng)
            continue
        for _ in range(8):
            position = sheet.random_position(written.ink, rng)
            if sheet.write(written, *position):
                kind = rng.random()
                if kind < 0.12:
                    underline(sheet, written, position, rng)
                elif kind < 0.17:
                    circle(sheet, written, position, rng)
                break


def scatter_words(sheet: Sheet, cast: Cast, count: int, rng: Random) -> None:
    """Words at free positions, written or printed."""
    for _ in range(count):
        printed = bool(rng.random() < 0.3)
        word = cast.face.word(make_up_word(rng), cast.height) if printed else cast.word(rng)
        x, y = sheet.random_position(word.ink, rng)
        if sheet.is_free((x, y, word.ink.shape[1], word.ink.shape[0])):
            sheet.paste_word(word, x, y, printed=printed)


def scatter_clutter(sheet: Sheet, count: int, rng: Random) -> None:
    """Clutter at free positions."""
    for _ in range(count):
        paste_clutter(sheet, str(rng.choice(CLUTTER)), int(rng.integers(10, 120)), rng)


def paste_clutter(sheet: Sheet, name: str, side: int, rng: Random) -> None:
    """One piece of clutter, `side` pixels large, at a random position if that is free."""
    ink = KINDS[name](rng)
    scale = side / max(ink.shape)
    size = max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale))
    ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    x, y = sheet.random_position(ink, rng)
    if not sheet.is_free((x, y, ink.shape[1], ink.shape[0])):
        return
    if name in LEGIBLE_CLUTTER:
        sheet.paste_word(Glyph(ink, 0), x, y)
    else:
        sheet.paste(ink, x, y)


def write_in(
    sheet: Sheet, written: Written, cell: Cell, rng: Random, *, printed: bool = False
) -> None:
    """Put a number near the middle of a cell; a printed one exactly there."""
    x, y, wide, high = cell
    rows, columns = written.ink.shape
    shift = np.full(2, 0.5) if printed else rng.normal(0.5, 0.15, 2)
    position = round(x + (wide - columns) * shift[0]), round(y + (high - rows) * shift[1])
    sheet.write(written, *position, printed=printed, anywhere=True)


def write_in_boxes(
    sheet: Sheet, cast: Cast, at: tuple[int, int], side: int, count: int, rng: Random
) -> None:
    """A row of printed boxes, or a comb, with a digit in each, the first ones maybe empty."""
    x, y = at
    thickness = max(1, side // 30)
    if rng.random() < 0.6:
        for k in range(count):
            corners = (x + k * side, y), (x + (k + 1) * side, y + side)
            cv2.rectangle(sheet.print, *corners, 255, thickness)
    else:
        cv2.line(sheet.print, (x, y + side), (x + count * side, y + side), 255, thickness)
        for left in range(x, x + (count + 1) * side, side):
            cv2.line(sheet.print, (left, y + side // 2), (left, y + side), 255, thickness)
    first = int(rng.integers(0, max(1, count - 1))) if rng.random() < 0.3 else 0
    for k in range(first, count):
        number = cast.number(str(rng.integers(10)), rng)
        write_in(sheet, number, (x + k * side, y, side, side), rng)


def frame(
    sheet: Sheet, cast: Cast, written: Written, position: tuple[int, int], rng: Random
) -> None:
    """A printed box around a number, a currency or a short word before it."""
    pad = round(cast.height * rng.uniform(0.1, 0.5))
    (x, y), (rows, columns) = position, written.ink.shape
    corners = (x - pad, y - pad), (x + columns + pad, y + rows + pad)
    cv2.rectangle(sheet.print, *corners, 255, max(1, cast.height // 30))
    sign = str(rng.choice(["EUR", "$", "€", "Nr", "Total", "No.", "Rs", "kr"]))
    word = cast.face.word(sign, max(5, written.height // 2))
    sheet.paste_word(word, x - pad - word.ink.shape[1] - 3, y + pad, printed=True)


def rule(
    sheet: Sheet,
    at: tuple[int, int],
    cell: tuple[int, int],
    count: tuple[int, int],
    rng: Random,
) -> None:
    """The lines of a table, thin between low rows; some tables have none, or lying ones only."""
    (left, top), (wide, high), (across, down) = at, cell, count
    kind, thickness = rng.random(), min(int(rng.choice([1, 1, 1, 2, 3])), 1 + high // 16)
    if kind < 0.85:
        for y in range(top, top + down * high + 1, high):
            cv2.line(sheet.print, (left, y), (left + across * wide, y), 255, thickness)
    if kind < 0.65:
        for x in range(left, left + across * wide + 1, wide):
            cv2.line(sheet.print, (x, top), (x, top + down * high), 255, thickness)


def rule_sudoku(sheet: Sheet, at: tuple[float, float], side: float, rng: Random) -> None:
    """Nine by nine squares with heavier lines around each nine."""
    corner = np.array(at)
    thin, thick = max(1, round(side / 40)), max(2, round(side / rng.uniform(8, 25)))
    for k in range(10):
        for ends in (((k, 0), (k, 9)), ((0, k), (9, k))):
            start, end = np.rint(corner + side * np.array(ends)).astype(int).tolist()
            cv2.line(sheet.print, start, end, 255, thin if k % 3 else thick)


def underline(sheet: Sheet, written: Written, position: tuple[int, int], rng: Random) -> None:
    """A stroke or two below a number."""
    (x, y), (rows, columns) = position, written.ink.shape
    margin, thick = written.height // 4, max(1, round(rng.uniform(0.04, 0.1) * written.height))
    for line in range(rng.integers(1, 3)):
        level = y + rows - margin + (1 + 3 * line) * thick + rng.uniform(0.02, 0.2) * written.height
        ends = np.array([(x + margin, level), (x + columns - margin, level)])
        _draw(sheet.pen, [ends + rng.normal(0, 0.06 * written.height, (2, 2))], thick)


def circle(sheet: Sheet, written: Written, position: tuple[int, int], rng: Random) -> None:
    """A line once around a number, drawn by hand."""
    half = np.array(written.ink.shape[::-1]) / 2
    angle = np.linspace(0, rng.uniform(5.8, 7), 14) + rng.uniform(0, 6.3)
    reach = half * rng.uniform(0.9, 1.2, 2) + rng.uniform(0, 0.3) * written.height
    ring = np.stack([np.cos(angle), np.sin(angle)], 1) * reach * rng.uniform(0.94, 1.06, (14, 1))
    curve = spline((ring + half + position).astype(np.float32), np.ones(14, np.float32))
    thick = max(1, round(rng.uniform(0.03, 0.1) * written.height))
    _draw(sheet.pen, [np.asarray(curve, np.float64)], thick)


def cross_out(sheet: Sheet, written: Written, x: int, y: int, rng: Random) -> None:
    """A crossed-out number, which is not a label, if its box is free."""
    rows, columns = written.ink.shape
    margin = written.height // 4
    if rng.random() < 0.35:
        points = _up_and_down(rng, written)
    else:
        strokes = int(rng.integers(1, 4)) if rng.random() < 0.5 else int(rng.integers(6, 14))
        ends = np.linspace(0.3, 0.7, strokes)[:, None] + rng.normal(0, 0.06, (strokes, 2))
        points = np.array([((margin, a * rows), (columns - margin, b * rows)) for a, b in ends])
        if strokes > 3 or rng.random() < 0.5:
            points = points.reshape(1, -1, 2)  # to and fro without lifting the pen
    ink = written.ink.copy()
    _draw(ink, points, max(1, round(rng.uniform(0.03, 0.1) * written.height)))
    sheet.paste_if_free(ink, (x, y))


def _up_and_down(rng: Random, written: Written) -> NDArray[np.float64]:
    """A zigzag along a number, (1, N, 2)."""
    rows, columns = written.ink.shape
    turns = max(4, round(rng.uniform(2, 6) * columns / written.height))
    x = np.linspace(written.height / 5, columns - written.height / 5, turns)
    y = rows * np.where(np.arange(turns) % 2, 0.25, 0.75)
    scatter = rng.normal(0, 0.08 * written.height, (turns, 2))
    return (np.stack([x, y], 1) + scatter)[None]


def draw_shape(
    sheet: Sheet, name: Shape, corner: tuple[float, float], side: float, rng: Random
) -> None:
    """A shape of `side` pixels with its upper left corner at (x, y)."""
    thick = max(1, round(side * rng.uniform(0.02, 0.08)))
    _draw(sheet.pen, [np.array(corner) + side * line for line in name(rng)], min(thick, 8))


def sketch(sheet: Sheet, rng: Random) -> None:
    """Lines, arcs and boxes joined as in a diagram."""
    width = int(rng.choice([1, 2, 2, 3, 4]))
    for _ in range(rng.integers(4, 30)):
        start = rng.uniform((0, 0), sheet.size[::-1])
        points = start + rng.uniform(0.05, 0.5) * min(sheet.size) * _figure(rng)
        _draw(sheet.pen, [points + rng.normal(0, 1, points.shape)], width)


def _figure(rng: Random) -> NDArray[np.float64]:
    """A line, a box, an arc or a free curve, about 1 large."""
    kind = rng.random()
    if kind < 0.4:
        return np.array([[0.0, 0.0], [1.0, 0.0] if rng.random() < 0.5 else [0.0, 1.0]])
    if kind < 0.6:
        return np.array([[0, 0], [1, 0], [1, 0.7], [0, 0.7], [0, 0]])
    if kind < 0.8:  # with a line to it: a circle alone is a 0
        angle = np.linspace(0, rng.uniform(2, 6.3), 12)
        line = [[rng.uniform(1, 2) if rng.random() < 0.5 else rng.uniform(2, 9), 0]]
        return np.concatenate([line, np.stack([np.cos(angle), np.sin(angle)], 1) / 2])
    points = np.cumsum(rng.normal(0, 0.25, (6, 2)), axis=0).astype(np.float32)
    return np.asarray(spline(points, np.ones(6, np.float32)), np.float64)


def _draw(ink: Ink, lines: NDArray[np.float64] | list[NDArray[np.float64]], width: int) -> None:
    paths = [np.rint(line * 16).astype(np.int32) for line in lines]
    cv2.polylines(ink, paths, False, 255, width, cv2.LINE_AA, 4)
