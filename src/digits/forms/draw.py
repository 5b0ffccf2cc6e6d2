"""A form with its fields framed and named, to check what was found."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.forms.template import Form

Colour = tuple[int, int, int]  # RGB

COLOURS: dict[str, Colour] = {"box": (0, 114, 178), "line": (0, 140, 100), "comb": (200, 80, 0)}
FONT = cv2.FONT_HERSHEY_SIMPLEX
LEGIBLE = 0.45  # font size of names of about 10 pixels


def draw_form(form: Form) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: a frame and the name of each field, coloured by its kind."""
    canvas = np.asarray(cv2.cvtColor(form.blank, cv2.COLOR_GRAY2RGB), np.uint8)
    size = max(form.blank.shape) / 2400
    pen = max(1, round(2 * size))
    for field in form.fields:
        colour = COLOURS[field.kind]
        tinted = canvas[field.box[1] :, field.box[0] :][: field.box[3], : field.box[2]]
        tinted[:] = (0.85 * tinted + 0.15 * np.array(colour)).astype(np.uint8)
        for x, y, wide, high in (field.box, *field.cells):
            cv2.rectangle(canvas, (x, y), (x + wide - 1, y + high - 1), colour, pen)
        _label(canvas, field.name, field.box[:2], max(0.55 * size, LEGIBLE), colour)
    return canvas


def _label(
    canvas: NDArray[np.uint8], name: str, place: tuple[int, ...], size: float, colour: Colour
) -> None:
    """A name in the upper left corner of its field, white on its colour."""
    text = name.encode("ascii", "replace").decode()  # the letters that the font has
    (wide, high), _ = cv2.getTextSize(text, FONT, size, 1)
    x, y = place
    cv2.rectangle(canvas, (x, y), (x + wide + 6, y + high + 6), colour, -1)
    cv2.putText(canvas, text, (x + 3, y + high + 3), FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
