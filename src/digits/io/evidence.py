"""Why digits were read as they were, as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from digits.io.draw import FONT, SURE, UNSURE, Colour, Pixels, percent
from digits.io.number import Number
from digits.io.result import Reading
from digits.model.explain import Explanation
from digits.model.spec import TILE

NEUTRAL, TEXT, LINE = (110, 110, 110), (30, 30, 30), (190, 190, 190)  # RGB
ENLARGED = 6  # times, of a tile
COLUMNS = 6  # tiles side by side
GAP = 8  # pixels between tiles
STEP = ENLARGED * TILE + GAP
HEAD, BELOW = 40, 32  # pixels above a row of tiles for the numbers, below it for the digits
ROW = HEAD + STEP + BELOW
EDGE = 16  # pixels around everything
TITLE = 84  # pixels that title and legend take
LEGEND = (
    (SURE, "ink that spoke for the digit read"),
    (UNSURE, "ink that spoke for the runner-up"),
    (NEUTRAL, "ink that spoke for neither"),
)


def draw_explanation(explanation: Explanation) -> Pixels:
    """(28, 28, 3) uint8 RGB: ink that spoke for the answer blue, for the runner-up orange."""
    evidence = explanation.evidence
    strength = np.abs(evidence) / max(float(np.abs(evidence).max()), 1e-6)
    colour = np.where(evidence[..., None] > 0, SURE, UNSURE)
    blend = np.sqrt(strength)[..., None]
    pen = blend * colour + (1 - blend) * NEUTRAL
    ink = explanation.tile[..., None] / 255
    return np.asarray(np.rint(255 * (1 - ink) + ink * pen), np.uint8)


def draw_explanations(
    reading: Reading, explanations: Sequence[Explanation], name: str = ""
) -> Pixels:
    """(H, W, 3) uint8 RGB: every number with its confidence, and what spoke for each of its digits.

    explanations: one for each digit, in the order of `reading.numbers`. name: of the picture, for
    the title.
    """
    places = _places(reading.numbers)
    rows = max((_last_row(*place) for place in places), default=-1) + 1
    size = (2 * EDGE + TITLE + rows * ROW, 2 * EDGE + COLUMNS * STEP, 3)
    sheet = np.full(size, 255, np.uint8)
    _draw_title(sheet, " / ".join(reading.text.splitlines()) or "no digits", name)
    rest = iter(explanations)
    for number, row, column in places:
        x, y = EDGE + column * STEP, EDGE + TITLE + row * ROW
        end = x + min(len(number.digits), COLUMNS) * STEP - GAP
        _write(sheet, f"{number.text}   {percent(number.confidence)}", (x, y + 22), 0.7)
        cv2.line(sheet, (x, y + HEAD - GAP), (end, y + HEAD - GAP), LINE, 1)
        for place, digit in enumerate(number.digits):
            at = x + place % COLUMNS * STEP, y + HEAD + place // COLUMNS * ROW
            sure = f"  {percent(digit.confidence)}" if len(number.digits) > 1 else ""
            _draw_digit(sheet, next(rest), sure, at)
    return sheet


def _places(numbers: Sequence[Number]) -> list[tuple[Number, int, int]]:
    """Each number with row and column of its first digit; numbers share rows where they fit."""
    places, row, column = [], 0, 0
    for number in numbers:
        if column and column + len(number.digits) > COLUMNS:
            row, column = row + 1, 0
        places.append((number, row, column))
        row = _last_row(number, row, column)
        column = (column + len(number.digits) - 1) % COLUMNS + 1
    return places


def _last_row(number: Number, row: int, column: int) -> int:
    """Of a number that begins in a row and column, and goes on below where it is too long."""
    return row + (column + len(number.digits) - 1) // COLUMNS


def _draw_title(sheet: Pixels, text: str, name: str) -> None:
    title = f"{name}:  {text}" if name else text
    while cv2.getTextSize(title, FONT, 0.8, 1)[0][0] > sheet.shape[1] - 2 * EDGE:
        title = title.removesuffix("...")[:-1] + "..."
    _write(sheet, title, (EDGE, EDGE + 22), 0.8)
    for entry, (colour, meaning) in enumerate(LEGEND):
        x, y = EDGE + entry * (sheet.shape[1] - 2 * EDGE) // len(LEGEND), EDGE + 56
        cv2.rectangle(sheet, (x, y - 13), (x + 13, y), colour, cv2.FILLED)
        _write(sheet, meaning, (x + 22, y), 0.5)


def _draw_digit(sheet: Pixels, why: Explanation, sure: str, at: tuple[int, int]) -> None:
    """The tile of a digit with its upper left corner at (x, y), and what it is below."""
    x, y = at
    side = ENLARGED * TILE
    tile = draw_explanation(why)
    enlarged = cv2.resize(tile, (side, side), interpolation=cv2.INTER_NEAREST)
    sheet[y : y + side, x : x + side] = enlarged
    _write(sheet, f"{why.answer}{sure}", (x, y + side + 18), 0.55, SURE)
    runner_up = f"not {why.runner_up}"
    width = cv2.getTextSize(runner_up, FONT, 0.55, 1)[0][0]
    _write(sheet, runner_up, (x + side - width, y + side + 18), 0.55, UNSURE)


def _write(
    sheet: Pixels, text: str, place: tuple[int, int], size: float, colour: Colour = TEXT
) -> None:
    cv2.putText(sheet, text, place, FONT, size, colour, 1, cv2.LINE_AA)
