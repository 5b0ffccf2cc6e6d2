"""A form: its fields, and the picture of it with nothing filled in; kept as JSON and a PNG."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.files import write_atomically
from digits.io.number import Box
from digits.io.picture import Picture, open_picture
from digits.reading.expect import expectation

if TYPE_CHECKING:
    from digits.forms.filled import FilledForm
    from digits.reading.reader import Reader

KINDS = ("box", "line", "comb")
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Field:
    """A place of a form for one number.

    box: in pixels of the blank form. kind: "box", a frame to write into; "line", one to write on;
    "comb", a row of cells for a digit each. cells: the boxes of a comb's cells, from left to right.
    expect: what its number is like, as `digits.reading.expect.expectation` takes it; None for any.
    """

    name: str
    box: Box
    kind: str
    cells: tuple[Box, ...] = ()
    expect: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        cells = {"cells": [list(cell) for cell in self.cells]} if self.cells else {}
        return {
            "name": self.name,
            "expect": self.expect,
            "kind": self.kind,
            "box": list(self.box),
        } | cells

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Field:
        """The field that `to_dict` was called on. Raises ValueError for what is none."""
        name = content.get("name")
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"a field has the name {name!r}; expected a text")
        kind, expect = content.get("kind", "box"), content.get("expect") or None
        if kind not in KINDS:
            raise ValueError(f"the field {name!r} is of kind {kind!r}; expected box, line or comb")
        try:
            box = _box(content.get("box"))
            cells = tuple(map(_box, content.get("cells") or ()))
            if not isinstance(expect, str | None):
                raise ValueError(f'it expects {expect!r}; expected a text, as "0..20"')
            if expect is not None:
                expectation(expect)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the field {name!r}: {error}") from None
        return cls(name, box, kind, cells, expect)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form that was learned. blank: (H, W) uint8, the form with nothing filled in, its ink dark.

    fields: in reading order, with names that differ.
    """

    fields: tuple[Field, ...]
    blank: NDArray[np.uint8]

    def read(self, pictures: Iterable[Picture], reader: Reader | None = None) -> list[FilledForm]:
        """Read scans or photos of the form, each filled in; see `digits.forms.filled.FilledForm`.

        Never raises for a picture: one that is no picture or shows another form has an error.
        """
        from digits.forms.read import read_forms

        return list(read_forms(self, pictures, reader))

    def draw(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB: the blank form with its fields framed and named."""
        from digits.forms.draw import draw_form

        return draw_form(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the size and SHA-256 of the blank form's PNG instead of its pixels."""
        height, width = self.blank.shape
        digest = hashlib.sha256(_png(self.blank)).hexdigest()
        return {
            "schema": SCHEMA,
            "blank": {"width": width, "height": height, "sha256": digest},
            "fields": [field.to_dict() for field in self.fields],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], blank: NDArray[np.uint8]) -> Form:
        """The form that `to_dict` was called on. blank: its picture, (H, W) uint8.

        Raises ValueError for what is no form.
        """
        if not isinstance(content, Mapping) or content.get("schema") != SCHEMA:
            raise ValueError(f"expected an object with schema {SCHEMA}")
        rows = content.get("fields")
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise ValueError("fields is no list of objects")
        fields = tuple(Field.from_dict(row) for row in rows)
        _check_fields(fields, blank.shape)
        return cls(fields, blank)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON to `path`, form.json, and the blank form beside it as form.blank.png.

        The PNG goes first: a JSON always has its picture. Raises DigitsError.
        """
        picture = picture_beside(path)
        content = self.to_dict()
        content["blank"] = {"picture": picture.name} | content["blank"]
        write_atomically(picture, _png(self.blank))
        write_atomically(Path(path), _lines(content))


def _lines(content: Mapping[str, Any]) -> str:
    """JSON to edit by hand: a line a field."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    fields = ",\n".join(f"  {line(each)}" for each in content["fields"])
    head = "".join(f" {line(k)}: {line(v)},\n" for k, v in content.items() if k != "fields")
    return f'{{\n{head} "fields": [\n{fields}\n ]\n}}\n'


def picture_beside(path: str | os.PathLike[str]) -> Path:
    """Where the blank form is kept: form.blank.png for form.json."""
    return Path(path).with_suffix(".blank.png")


def open_form(path: str | os.PathLike[str]) -> Form:
    """The form that was saved as `path`, perhaps edited since.

    Raises DigitsError if it or its picture is missing or damaged, naming what is wrong.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise DigitsError(
            f"cannot read the form {path}: {error.strerror}; digits form learn makes one"
        ) from error
    except ValueError as error:
        raise DigitsError(
            f"the form {path} is no JSON ({error}); undo the last edit, or learn the form again"
        ) from error
    try:
        if not isinstance(content, Mapping) or not isinstance(content.get("blank"), Mapping):
            raise ValueError("it has no entry blank")
        return Form.from_dict(content, _blank(path, content["blank"]))
    except ValueError as error:
        raise DigitsError(f"{path} is no form: {error}; correct it, or learn it again") from error


def _blank(path: Path, content: Mapping[str, Any]) -> NDArray[np.uint8]:
    """The blank form beside a JSON, (H, W) uint8."""
    # the name alone: a form from elsewhere opens no other file
    picture = path.with_name(Path(str(content.get("picture"))).name)
    try:
        encoded = picture.read_bytes()
    except OSError as error:
        raise ValueError(f"its picture {picture} cannot be read ({error.strerror})") from error
    if hashlib.sha256(encoded).hexdigest() != content.get("sha256"):
        raise ValueError(f"its picture {picture} has changed since it was learned")
    return grey_of(open_picture(encoded))


def grey_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB → (H, W)."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def renamed(fields: Iterable[Field], names: Iterable[str]) -> tuple[Field, ...]:
    """The fields with other names."""
    return tuple(replace(each, name=name) for each, name in zip(fields, names, strict=True))


def _png(blank: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", blank)[1].tobytes())


def _box(values: Any) -> Box:
    if not isinstance(values, list | tuple) or len(values) != 4:
        raise ValueError(f"{values!r} is no box; expected [x, y, width, height]")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        raise ValueError(f"{values!r} is no box; expected four numbers")
    if not all(abs(each) < math.inf for each in values):
        raise ValueError(f"{values!r} is no box; expected four finite numbers")
    x, y, wide, high = (round(each) for each in values)
    if wide < 1 or high < 1:
        raise ValueError(f"the box {values!r} is empty")
    return (x, y, wide, high)


def _check_fields(fields: tuple[Field, ...], shape: tuple[int, ...]) -> None:
    if not fields:
        raise ValueError("it has no fields")
    names = [field.name for field in fields]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(f"two fields have the name {twice[0]!r}")
    for field in fields:
        for x, y, wide, high in (field.box, *field.cells):
            if x < 0 or y < 0 or x + wide > shape[1] or y + high > shape[0]:
                raise ValueError(
                    f"the field {field.name!r} is not on its picture of {shape[1]} x {shape[0]}"
                )
