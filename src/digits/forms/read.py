"""Scans and photos of a form → what is written in its fields."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from digits.errors import PictureError
from digits.forms.align import Aligned, Target, evened
from digits.forms.crops import Crop, Cutter
from digits.forms.filled import FilledField, FilledForm
from digits.forms.lines import LONGEST, Grey
from digits.forms.template import Field, Form, grey_of
from digits.io.content import name_of
from digits.io.number import Number
from digits.io.picture import Picture, open_picture
from digits.io.result import Outcome
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
        yield read_form(picture, cutter, reader)


def read_form(picture: Picture | Outcome, cutter: Cutter, reader: Reader) -> FilledForm:
    """Read one picture of the form that a cutter is for, or say why there is none."""
    if isinstance(picture, Outcome):
        return FilledForm(picture.source, (), picture.error, 0.0)
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
    """The number in each crop, None for an empty one.

    A comb whose number has more characters than cells written in, or fewer, is read again: a digit
    parted in two, or a speck taken for a mark, is likely the reason.
    """
    written = [index for index, crop in enumerate(crops) if crop.occupied]
    found = dict(zip(written, _read([(crops[k], None) for k in written], reader), strict=True))
    odd = [k for k in written if not _is_counted(found[k].text, crops[k])]
    again = _read([(crops[k], _counted(crops[k])) for k in odd], reader)
    found = {k: _confirmed(number, crops[k]) for k, number in found.items()}
    found |= dict(zip(odd, again, strict=True))
    return [
        _moved(found[k], crop.place) if k in found and found[k].digits else None
        for k, crop in enumerate(crops)
    ]


def _confirmed(number: Number, crop: Crop) -> Number:
    """The number, surer as its text has a character for each cell, and others have not."""
    other = math.fsum(p for text, p in number.alternatives if not _is_counted(text, crop))
    return replace(number, confidence=number.confidence / max(1 - other, number.confidence))


def _read(crops: Sequence[tuple[Crop, Expectation | None]], reader: Reader) -> list[Number]:
    """The number in each crop; those of which the same is expected are read at once. Beside each
    crop what is expected of it besides what its field does."""
    alike: dict[object, list[int]] = {}
    for index, (crop, more) in enumerate(crops):
        alike.setdefault((crop.field.expect, more and more.words), []).append(index)
    found: dict[int, Number] = {}
    for places in alike.values():
        crop, more = crops[places[0]]
        own = None if crop.field.expect is None else expectation(crop.field.expect)
        expected = own & more if own and more else own or more
        numbers = reader.numbers([crops[k][0].written for k in places], expect=expected)
        found |= dict(zip(places, numbers, strict=True))
    return [found[k] for k in range(len(crops))]


def _is_counted(text: str, crop: Crop) -> bool:
    """Whether a text has a character for each cell of a comb that is written in; of other fields,
    any has."""
    return not crop.field.cells or crop.occupied == len(text)


def _counted(crop: Crop) -> Expectation:
    return Expectation(f"{crop.occupied} cells", lambda text: _is_counted(text, crop))


def _moved(number: Number, place: tuple[int, int]) -> Number:
    return number.moved(lambda box: (box[0] + place[0], box[1] + place[1], *box[2:]))
