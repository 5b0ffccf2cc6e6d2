"""Forms that were filled in: their numbers, and pictures that are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from form_pictures import APART, BOX, CELLS, LINE, TABLE, blank_form, filled_form, middle_of, seen
from numpy.typing import NDArray

from digits import Reader
from digits.forms import FilledForm, Form, learn

x, y, wide, high, _, _ = TABLE
CELL = (x + wide, y + high, wide, high)  # of the first row and column
TEXTS = {
    middle_of(BOX, 0.4): "305",
    middle_of(LINE, 0.25): "27",
    **dict(zip(CELLS, "48213", strict=True)),
    middle_of(CELL, 0.3): "14",
}
NUMBERS = {"field 1": "305", "field 2": "27", "field 3": "48213", "row 1 column 1": "14"}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=1)


@pytest.fixture(scope="module")
def form() -> Form:
    return learn(blank_form())


@pytest.fixture(scope="module")
def page() -> NDArray[np.uint8]:
    return filled_form(blank_form(), TEXTS)


def read(form: Form, picture: NDArray[np.uint8], reader: Reader) -> FilledForm:
    [filled] = form.read([picture], reader)
    return filled


def texts(filled: FilledForm) -> dict[str, str]:
    assert filled.error is None
    return {name: number.text for name, number in filled.numbers.items() if number}


def test_every_number_and_no_other_is_read(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    for picture in (page, seen(page), seen(page, turn=-2.5, tilt=0.04)):
        filled = read(form, picture, reader)
        assert texts(filled) == NUMBERS
        assert filled.match > 0.9


def test_a_form_that_lies_on_its_head_is_read(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    assert texts(read(form, np.ascontiguousarray(page[::-1, ::-1]), reader)) == NUMBERS


def test_an_empty_form_has_empty_fields(form: Form, reader: Reader) -> None:
    assert texts(read(form, seen(blank_form()), reader)) == {}


def test_faint_and_blurred_pictures_are_read(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    photo = seen(page, scale=0.96)
    faint = (200 + photo // 5).astype(np.uint8)  # an old copier
    assert texts(read(form, faint, reader)) == NUMBERS
    blurred = np.asarray(cv2.GaussianBlur(photo, (0, 0), 1.6), np.uint8)
    assert texts(read(form, blurred, reader)) == NUMBERS


def test_what_reaches_in_from_another_field_is_left_out(form: Form, reader: Reader) -> None:
    left, top, across, down = middle_of(CELL, 0.3)
    low = (left, top + round(0.35 * down), across, down)  # reaches into the row below
    filled = read(form, filled_form(blank_form(), {low: "14"}), reader)
    assert filled.numbers["row 2 column 1"] is None
    assert filled.numbers["row 1 column 1"] is not None


def test_as_json(form: Form, page: NDArray[np.uint8], reader: Reader) -> None:
    filled = read(form, page, reader)
    content = json.loads(json.dumps(filled.to_dict()))
    assert content["picture"] == "ndarray"
    found = {each["field"]: each["number"] for each in content["fields"]}
    assert found["field 1"]["text"] == "305"
    assert found["row 2 column 2"] is None
    assert list(found) == [field.name for field in form.fields]
    again = FilledForm.from_dict(content, form)
    assert texts(again) == texts(filled)
    assert again.to_dict() == filled.to_dict()
    with pytest.raises(ValueError, match="not a filled form"):
        FilledForm.from_dict(content, replace(form, fields=form.fields[1:]))


def test_boxes_of_digits_lie_on_the_crop(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    field = read(form, seen(page), reader).fields[2]
    assert field.number is not None
    lefts = [digit.box[0] for digit in field.number.digits]
    assert lefts == sorted(lefts)
    assert lefts[-1] > field.crop.shape[1] / 2  # the fifth of five cells


def test_an_expectation_is_kept_by_its_field(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    fields = tuple(
        replace(field, expect="1..9" if field.name == "field 1" else r"\d{2}")
        for field in form.fields
    )
    filled = read(replace(form, fields=fields), page, reader)
    number = filled.numbers["field 1"]
    assert number is not None
    assert number.is_expected is False
    assert "field 1" in [each.field.name for each in filled.doubtful]
    second = filled.numbers["field 2"]
    assert second is not None
    assert (second.text, second.is_expected) == ("27", True)


def test_another_form_is_refused(form: Form, reader: Reader) -> None:
    other = blank_form("Weekly report of the stores", shift=130)[::-1].copy()
    error = read(form, other, reader).error
    assert error is not None
    assert "does not show this form" in error


@pytest.mark.parametrize("size", [(1400, 1000), (1, 1), (2, 800), (30, 30)])
def test_a_blank_page_is_refused(form: Form, reader: Reader, size: tuple[int, int]) -> None:
    error = read(form, np.full(size, 240, np.uint8), reader).error
    assert error is not None
    assert "does not show this form" in error


def test_half_a_form_is_refused(form: Form, page: NDArray[np.uint8], reader: Reader) -> None:
    for half in (page[:700], page[:, :500], page[520:]):
        assert read(form, half, reader).error is not None


def test_a_form_cut_through_its_last_field_is_refused_with_its_name(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    error = read(form, page[:, :830], reader).error
    assert error is not None
    assert "row 1 column 3" in error


def test_a_picture_that_is_none_does_not_stop_the_others(
    form: Form, page: NDArray[np.uint8], reader: Reader
) -> None:
    bad, good = form.read([b"no picture", page], reader)
    assert bad.error is not None
    assert bad.to_dict()["error"] == bad.error
    assert texts(good) == NUMBERS


def test_digits_that_cross_a_printed_line_stay_whole(form: Form, reader: Reader) -> None:
    left, top, across, down = middle_of(BOX, 0.4)
    crossing = (left, top + round(0.3 * down), across, down)
    filled = read(form, filled_form(blank_form(), {crossing: "305"}), reader)
    assert texts(filled)["field 1"] == "305"


def test_separate_cells_are_one_number(form: Form, reader: Reader) -> None:
    page = filled_form(blank_form(), dict(zip(APART, "926", strict=True)))
    assert texts(read(form, page, reader)) == {"field 4": "926"}
