"""An aligned picture of a filled form → for each field what is written in it, without the print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.forms.align import Aligned, Target
from digits.forms.lines import DARKER, LONGEST, Grey, Mask, ink_of
from digits.forms.template import Field, Form
from digits.io.number import Box

BESIDE, ABOVE = 0.2, 0.3  # of a field's height: what is cut out around it
SPREAD = 2  # pixels around the blank form's print where the picture's is looked for
AROUND = 1.2, 0.5  # of the height of what is written: paper beside and above it
SPECK = 6  # pixels: what is smaller is none
ALONG = 0.85  # part of a piece of ink within 2 pixels of the print, from which on it is print
FAINT = 1.3  # times more contrast on the empty form, from which on a picture is made stronger
STROKE = 0.06  # of a field's height, squared: what covers less is no digit
WHITE = 255


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A field cut out of a picture.

    seen: (h, w) uint8, evenly lit, as it is. written: what is written in it, without print and
    neighbours, and with little paper around; place: (x, y) of that in `seen`. occupied: how many
    cells of a comb are written in; of another field 1, and 0 if it is empty.
    """

    field: Field
    seen: Grey
    written: Grey
    place: tuple[int, int]
    occupied: int


class Cutter:
    """Cuts the fields of a form out of pictures; what it needs of the blank form is made once."""

    def __init__(self, form: Form, target: Target) -> None:
        self.target = target
        # the same size of digits, whatever the resolution of the blank form
        self.scale = float(np.clip(LONGEST / max(form.blank.shape), 1.0, 3.0))
        self.fields = [(each, _wide(each.box)) for each in form.fields]
        ink = 255 * ink_of(form.blank)
        self.print = [self._cut(ink, wide, np.eye(3)) > WHITE // 2 for _, wide in self.fields]
        self.contrast = self._contrast(
            [self._cut(target.level, wide, np.eye(3)) for _, wide in self.fields]
        )

    def cut(self, level: Grey, aligned: Aligned) -> list[Crop]:
        """The fields of a picture (H, W) uint8 with evenly white paper."""
        seen = []
        for field, wide in self.fields:
            x, y, across, down = field.box
            move = np.eye(3)
            move[:2, 2] = aligned.shift_at(x + across / 2, y + down / 2)
            seen.append(self._cut(level, wide, aligned.view @ move))
        faint = self.contrast / max(self._contrast(seen), 1.0)
        if faint > FAINT:
            seen = [_stronger(each, faint) for each in seen]
        return [
            _crop(self, field, each, mask)
            for (field, _), each, mask in zip(self.fields, seen, self.print, strict=True)
        ]

    def _contrast(self, seen: Sequence[Grey]) -> float:
        """How much darker than white what is printed in the fields is on the mean; 0 for none."""
        dark = [WHITE - each[mask] for each, mask in zip(seen, self.print, strict=True)]
        return float(np.concatenate(dark).mean()) if any(map(len, dark)) else 0.0

    def cells(self, field: Field) -> list[Box]:
        """The cells of a comb, or the box of another field, in pixels of its crop."""
        wide = _wide(field.box)
        return [self.inside(cell, wide) for cell in field.cells or (field.box,)]

    def _cut(self, pixels: Grey, box: Box, view: NDArray[np.float64]) -> Grey:
        """A box of the blank form, of a picture that this view maps it to."""
        place = np.diag([1 / self.scale, 1 / self.scale, 1.0])
        place[:2, 2] = box[:2]
        size = tuple(round(self.scale * side) for side in box[2:])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpPerspective(
            pixels, view @ place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cut, np.uint8)

    def inside(self, box: Box, wide: Box) -> Box:
        """A box of the blank form in pixels of what is cut out of `wide`."""
        x, y, across, down = (
            round(self.scale * each)
            for each in (box[0] - wide[0], box[1] - wide[1], box[2], box[3])
        )
        return (x, y, across, down)


def _wide(box: Box) -> Box:
    """A box and what is around it."""
    x, y, wide, high = box
    beside, above = round(BESIDE * high), round(ABOVE * high)
    return (x - beside, y - above, wide + 2 * beside, high + 2 * above)


def _stronger(seen: Grey, factor: float) -> Grey:
    """A faint picture with a stronger contrast."""
    level = WHITE - factor * (WHITE - seen.astype(np.float32))
    return np.asarray(np.clip(level, 0, WHITE), np.uint8)


def _crop(cutter: Cutter, field: Field, seen: Grey, mask: NDArray[np.bool_]) -> Crop:
    inner = cutter.inside(field.box, _wide(field.box))
    spread = np.ones((2 * SPREAD + 1,) * 2, np.uint8)
    printed = cv2.dilate(mask.astype(np.uint8), spread) > 0
    ink = (cv2.GaussianBlur(seen, (0, 0), 1.0) < DARKER * WHITE).astype(np.uint8)
    own = _own(_bridged(ink, printed), printed, inner)
    near = cv2.dilate(own, np.ones((5, 5), np.uint8)) > 0
    paper = int(np.median(seen))
    written = np.where(near & ~(printed & (own == 0)), seen, paper).astype(np.uint8)
    least = max(6.0, (STROKE * inner[3]) ** 2)
    occupied = sum(
        int(own[y : y + high, x : x + wide].sum()) >= least
        for x, y, wide, high in cutter.cells(field)
    )
    left, top, wide, high = cv2.boundingRect(own)
    across, down = (round(part * high) for part in AROUND)
    place = max(left - across, 0), max(top - down, 0)
    written = written[place[1] : top + high + down, place[0] : left + wide + across]
    return Crop(field, seen, written, place, occupied)


def _bridged(ink: Mask, printed: NDArray[np.bool_]) -> Mask:
    """Ink without the print, but with the strokes that cross it."""
    alone = ink * ~printed
    across = 2 * SPREAD + 9
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    closed = np.asarray(cv2.morphologyEx(alone, cv2.MORPH_CLOSE, round_), np.uint8)
    return np.asarray(alone | (closed & ink & printed.astype(np.uint8)), np.uint8)


def _own(ink: Mask, printed: NDArray[np.bool_], inner: Box) -> Mask:
    """Ink without what belongs to other fields, pieces that are half outside the box; without the
    soft edges of the print, pieces that lie along it; and without specks."""
    x, y, wide, high = inner
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    inside = np.zeros(ink.shape, np.uint8)
    room = round(0.05 * high)
    inside[max(y - room, 0) : y + high + room, max(x - room, 0) : x + wide + room] = 1
    around = cv2.dilate(printed.astype(np.uint8), np.ones((5, 5), np.uint8))
    within, along = (
        np.bincount(labels.ravel(), weights=each.ravel()) / stats[:, 4] for each in (inside, around)
    )
    is_own = (within >= 0.5) & (along < ALONG) & (stats[:, 4] >= SPECK)
    is_own[0] = False
    return np.asarray(is_own[labels], np.uint8)
