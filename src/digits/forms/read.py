"""Scans and photos of a form → what is written in its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np

from digits.errors import PictureError
from digits.forms.align import Aligned, Target, evened
from digits.forms.crops import Crop, Cutter
from digits.forms.filled import FilledField, FilledForm
from digits.forms.lines import LONGEST, Grey
from digits.forms.template import Field, Form, grey_of
from digits.io.picture import Picture, name_of, open_picture
from digits.io.result import Number, Outcome
from digits.io.sources import Sources, expand
from digits.reading.expect import Expectation, expectation
from digits.reading.reader import Reader

LARGEST = 1.5 * LONGEST  # pixels of the longer side of a picture; what has more is scaled down


def read_forms(form: Form, pictures: Sources, reader: Reader | None = None) -> Iterator[FilledForm]:
    """Read pictures of a form one after another, each when its result is asked for.

    pictures: as `digits.read_many` takes them, folders and wildcards too. Never raises for a
    picture: its error says what is wrong.
    """
    reader = reader or Reader()
    target = Target(form.blank)
    cutter = Cutter(form, target)
    for picture in expand(pictures):
        if isinstance(picture, Outcome):  # there is none
            yield FilledForm(picture.source, (), picture.error, 0.0)
        else:
            yield _read_form(picture, cutter, reader)


def _read_form(picture: Picture, cutter: Cutter, reader: Reader) -> FilledForm:
    try:
        level = evened(_fitting(grey_of(open_picture(picture))))
    except PictureError as error:
        return FilledForm(picture, (), str(error), 0.0)
    try:
        aligned = cutter.target.align(level)
        _check_fields(cutter, aligned, level)
    except PictureError as error:
        return FilledForm(picture, (), f"{name_of(picture)} {error}", 0.0)
    crops = cutter.cut(level, aligned)
    numbers = _numbers(crops, reader)
    fields = (
        FilledField(crop.field, number, crop.seen)
        for crop, number in zip(crops, numbers, strict=True)
    )
    return FilledForm(picture, tuple(fields), None, aligned.match)


def _fitting(grey: Grey) -> Grey:
    """The picture, or a smaller one if it has far more pixels than the form."""
    scale = LARGEST / max(grey.shape)
    if scale >= 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _check_fields(cutter: Cutter, aligned: Aligned, level: Grey) -> None:
    """Raise PictureError if a field is not on the picture."""
    outside = [field for field, _ in cutter.fields if not _is_on(field, aligned, level)]
    if outside:
        others = f" and {len(outside) - 1} other fields" if len(outside) > 1 else ""
        raise PictureError(
            f"does not show all of the form: {outside[0].name}{others} would lie beyond its border;"
            " scan or photograph the whole form"
        )


def _is_on(field: Field, aligned: Aligned, level: Grey) -> bool:
    x, y, wide, high = field.box
    corners = np.array([[[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]]], np.float32)
    seen = cv2.perspectiveTransform(corners, aligned.view)[0]
    room = 0.25 * high  # a border through the frame itself cuts nothing off
    limit = np.array(level.shape[::-1]) + room
    return bool((seen >= -room).all() and (seen <= limit).all())


def _numbers(crops: Sequence[Crop], reader: Reader) -> list[Number | None]:
    """The number in each crop, None for an empty one; those that expect the same are read at
    once."""
    alike: dict[tuple[str | None, int], list[int]] = {}
    for index, crop in enumerate(crops):
        if crop.occupied:
            cells = crop.occupied if crop.field.cells else 0
            alike.setdefault((crop.field.expect, cells), []).append(index)
    found: list[Number | None] = [None] * len(crops)
    for (expect, cells), places in alike.items():
        written = [crops[index].written for index in places]
        numbers = reader.numbers(written, expect=_expected(expect, cells))
        for index, number in zip(places, numbers, strict=True):
            found[index] = number if number.digits else None
    return found


def _expected(expect: str | None, cells: int) -> Expectation | None:
    """What a field expects, and as many digits or signs as cells of a comb are written in."""
    expected = None if expect is None else expectation(expect)
    if not cells:
        return expected
    counted = Expectation(
        f"{cells} cells written in",
        lambda text: cells in (len(text), sum(each.isdecimal() for each in text)),
    )
    return counted if expected is None else expected & counted
