"""Layouts of pages: each function fills a sheet with numbers and other marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np

from digits.synth import marks
from digits.synth.cast import Cast
from digits.synth.letters import make_up_word
from digits.synth.shapes import SHAPES, arrow, box
from digits.synth.sheet import Sheet
from digits.synth.strings import ALPHABET, make_up_amount, make_up_number, make_up_sum
from digits.synth.writing import Glyph, Random


def lone(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """One digit or one number, and nothing else."""
    text = str(rng.integers(10)) if rng.random() < 0.5 else make_up_number(rng, 8)
    marks.scatter(sheet, cast, [text], rng)


def scattered(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Numbers here and there, some words and signs between them."""
    texts = [make_up_number(rng, 8) for _ in range(rng.integers(3, 20))]
    if rng.random() < 0.3:
        texts += [make_up_sum(rng) for _ in range(rng.integers(1, 4))]
    marks.scatter(sheet, cast, texts, rng)
    if rng.random() < 0.3:
        marks.scatter_words(sheet, cast, int(rng.integers(1, 12)), rng)
    if rng.random() < 0.25:
        marks.scatter_clutter(sheet, int(rng.integers(1, 8)), rng)


def lines(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Numbers in lines or columns, one below the other; some were crossed out."""
    rows, columns = sheet.size
    pitch = cast.height * rng.uniform(1.4, 2.6)
    tab = cast.height * rng.uniform(1.5, 6) if rng.random() < 0.5 else 1.0
    longest = 1 if rng.random() < 0.25 else 9
    crossing = 0.25 if rng.random() < 0.45 else 0.0
    for y in np.arange(rng.uniform(0, pitch), rows - cast.height, pitch).round().astype(int):
        x = rng.uniform(0, 0.1) * columns
        while x < columns:
            if rng.random() < 0.12:
                glyph = cast.word(rng)
                _, _, width, _ = sheet.paste_word(glyph, round(x), y + glyph.top)
            else:
                written = cast.number(make_up_number(rng, longest), rng)
                width = written.ink.shape[1]
                if rng.random() < crossing:
                    marks.cross_out(sheet, written, round(x), y, rng)
                else:
                    sheet.write(written, round(x), y)
            x += max(width + cast.height * rng.uniform(0.3, 1.2), tab * math.ceil(width / tab))


def table(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Cells in rows and columns with a number in each, ruled or not."""
    longest = int(rng.integers(1, 5))
    high = round(cast.height * rng.uniform(1.25, 2.4))
    wide = round(cast.height * (0.75 * longest + rng.uniform(0.4, 1.5)))
    top, left = rng.integers(0, max(high, 1), 2)
    down, across = (sheet.size[0] - top - 2) // high, (sheet.size[1] - left - 2) // wide
    empty = rng.uniform(0, 0.5) if rng.random() < 0.4 else 0.0
    marks.rule(sheet, (left, top), (wide, high), (across, down), rng)
    for row, column in np.ndindex(max(down, 0), max(across, 0)):
        cell = (left + column * wide, top + row * high, wide, high)
        kind = rng.random()
        if kind < 0.06:
            glyph = cast.face.word(make_up_word(rng), max(5, cast.height // 2))
            position = cell[0] + 2, cell[1] + (high - len(glyph.ink)) // 2
            word = Glyph(glyph.ink[:, : wide - 2], glyph.top)  # cut, so that its text is not known
            sheet.paste_word(word, *position, printed=True)
        elif rng.random() >= empty:
            marks.write_in(sheet, cast.number(make_up_number(rng, longest), rng), cell, rng)


def form(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Printed labels with boxes for a digit each behind them, or lines to write a number on."""
    rows, columns = sheet.size
    side = round(cast.height * rng.uniform(1.2, 1.9))
    y = int(rng.integers(0, side))
    while y + side < rows:
        x = int(rng.integers(0, max(1, columns // 6)))
        if rng.random() < 0.8:
            label = " ".join(make_up_word(rng) for _ in range(rng.integers(1, 4)))
            glyph = cast.face.word(label, max(5, round(cast.height * rng.uniform(0.3, 0.7))))
            sheet.paste_word(glyph, x, y + side // 2, printed=True)
            x += glyph.ink.shape[1] + side // 2
        count = min(int(rng.integers(2, 13)), (columns - x - 2) // side)
        if count > 0 and rng.random() < 0.7:
            marks.write_in_boxes(sheet, cast, (x, y), side, count, rng)
        elif count > 0:
            cv2.line(sheet.print, (x, y + side), (x + count * side, y + side), 255, 1)
            line = (x, y, count * side, side)
            marks.write_in(sheet, cast.number(make_up_number(rng, count), rng), line, rng)
        y += round(side * rng.uniform(1.2, 2.2))


def amount(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Sums of money, now and then in a printed box behind a printed sign."""
    sheet.is_security_printed = bool(rng.random() < 0.7)
    if sheet.is_security_printed:  # which smaller digits would be lost in
        cast = replace(cast, height=max(cast.height, int(rng.integers(14, 40))))
    for _ in range(rng.integers(1, 12)):
        written = cast.number(make_up_amount(rng), rng, room=sheet.size[1])
        position = sheet.random_position(written.ink, rng)
        if sheet.write(written, *position) and rng.random() < 0.5:
            marks.frame(sheet, cast, written, position, rng)
    if rng.random() < 0.4:
        marks.scatter_words(sheet, cast, int(rng.integers(1, 8)), rng)


def sums(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Terms and equations, one below the other."""
    y = rng.uniform(0, cast.height)
    while y + cast.height < sheet.size[0]:
        written = cast.number(make_up_sum(rng), rng, room=sheet.size[1])
        sheet.write(written, sheet.random_position(written.ink, rng)[0], round(y))
        y += cast.height * rng.uniform(1.5, 3)


def sudoku(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Nine by nine squares: some digits printed, some written, some cells empty."""
    side = min(sheet.size) * rng.uniform(0.7, 0.96) / 9
    left, top = ((extent - 9 * side) / 2 for extent in sheet.size[::-1])
    marks.rule_sudoku(sheet, (left, top), side, rng)
    printed, written = rng.uniform(0.2, 0.45), rng.uniform(0, 0.9)
    for row, column in np.ndindex(9, 9):
        cell = (round(left + column * side), round(top + row * side), round(side), round(side))
        digit = str(rng.integers(1, 10))
        if rng.random() < printed:
            size = max(5, round(side * rng.uniform(0.5, 0.56)))
            number = cast.printed(digit, size, rng)
            marks.write_in(sheet, number, cell, rng, printed=True)
        elif rng.random() < written:
            size = max(5, round(side * rng.uniform(0.45, 0.7)))
            marks.write_in(sheet, cast.number(digit, rng, size), cell, rng)


def prose(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Lines of words, a number here and there or none."""
    rows, columns = sheet.size
    height = max(7, round(cast.height * rng.uniform(0.7, 1.1)))
    numbers = float(rng.choice([0, 0, 0.03, 0.15]))
    printed = bool(rng.random() < 0.15)
    pitch = height * rng.uniform(1.5, 2.6)
    margin = rng.uniform(0, 0.1) * columns
    for y in np.arange(rng.uniform(0, pitch), rows - height, pitch).round().astype(int):
        x = margin
        while x < columns * 0.97:
            if rng.random() < numbers:
                text = make_up_number(rng, 6)
                number = (
                    cast.printed(text, height, rng) if printed else cast.number(text, rng, height)
                )
                sheet.write(number, round(x), y, printed=printed)
                width = number.ink.shape[1]
            else:
                word = (
                    cast.face.word(make_up_word(rng), height) if printed else cast.word(rng, height)
                )
                width = word.ink.shape[1]
                if x + width > columns and rng.random() < 0.9:
                    break
                sheet.paste_word(word, round(x), y + word.top, printed=printed)
            x += width + height * rng.uniform(0.3, 0.7)


def drawing(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """No digit at all: sketches, signs, frames, arrows, scribbles, lone letters."""
    kind = rng.random()
    if kind < 0.3:
        name = str(rng.choice(["sign", "letter", "dash", "specks"]))
        for _ in range(rng.integers(5, 60)):
            marks.paste_clutter(sheet, name, cast.height, rng)
    elif kind < 0.6:
        marks.scatter_clutter(sheet, int(rng.integers(3, 25)), rng)
    else:
        marks.sketch(sheet, rng)
    if rng.random() < 0.3:
        marks.scatter_words(sheet, cast, int(rng.integers(1, 10)), rng)


def shapes(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """No digit at all: shapes here and there, maybe with words."""
    rows, columns = sheet.size
    several = int(rng.choice([1, 1, 3, 8, 16]))
    for _ in range(several):
        side = cast.height * math.exp(rng.uniform(-0.3, 1.6))
        corner = rng.uniform(0, max(columns - side, 1)), rng.uniform(0, max(rows - side, 1))
        kind = SHAPES[int(rng.integers(len(SHAPES)))]
        spread = round(side)
        if sheet.is_free((round(corner[0]), round(corner[1]), spread, spread)):
            sheet.taken.append((round(corner[0]), round(corner[1]), spread, spread))
            marks.draw_shape(sheet, kind, corner, side, rng)
    if rng.random() < 0.4:
        marks.scatter_words(sheet, cast, int(rng.integers(1, 8)), rng)


def chart(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """A flow chart: words in boxes, with arrows between them."""
    rows, columns = sheet.size
    y = rng.uniform(0.2, 1) * cast.height
    while y + 2 * cast.height < rows:
        x = rng.uniform(0.2, 2) * cast.height
        while x + 2 * cast.height < columns:
            word = cast.word(rng, max(6, round(cast.height * rng.uniform(0.5, 0.9))))
            high, wide = word.ink.shape
            side = wide + cast.height
            marks.draw_shape(sheet, box, (x, y), side, rng)
            sheet.paste_word(word, round(x + cast.height / 2), round(y + 0.2 * side - high / 2))
            x += side
            length = cast.height * rng.uniform(0.6, 2)
            if x + length < columns:
                marks.draw_shape(sheet, arrow, (x, y + 0.2 * side - length / 2), length, rng)
            x += length
        y += cast.height * rng.uniform(3, 6)


def letters(sheet: Sheet, cast: Cast, rng: Random) -> None:
    """Letters apart from each other, in rows or in the cells of a table; no digit."""
    rows, columns = sheet.size
    high, wide = (round(cast.height * rng.uniform(1.4, 2.6)) for _ in range(2))
    left, top = rng.integers(0, max(high, 1), 2)
    down, across = (rows - top - 2) // high, (columns - left - 2) // wide
    if rng.random() < 0.6:
        marks.rule(sheet, (left, top), (wide, high), (across, down), rng)
    few = rng.choice(list(ALPHABET), int(rng.integers(1, 27)), replace=False)
    for row, column in np.ndindex(max(down, 0), max(across, 0)):
        letter = str(rng.choice(few))
        letter = letter.upper() if rng.random() < 0.6 else letter
        cell = (left + column * wide, top + row * high, wide, high)
        marks.write_in(sheet, cast.number(letter, rng), cell, rng)


LAYOUTS: Mapping[Callable[[Sheet, Cast, Random], None], float] = {
    lone: 0.05,
    scattered: 0.11,
    lines: 0.11,
    table: 0.1,
    form: 0.09,
    amount: 0.15,
    sums: 0.09,
    sudoku: 0.05,
    prose: 0.13,
    drawing: 0.03,
    shapes: 0.04,
    chart: 0.02,
    letters: 0.03,
}
"""The probability of each layout."""
