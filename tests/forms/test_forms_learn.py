"""Which fields are found on an empty form, and what is no field."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from form_pictures import APART, BOX, CELLS, LINE, blank_form

from digits.errors import PictureError
from digits.forms import Form, learn


def kinds(form: Form) -> dict[str, tuple[str, int]]:
    return {field.name: (field.kind, len(field.cells)) for field in form.fields}


EXPECTED = {
    "field 1": ("box", 0),
    "field 2": ("line", 0),
    "field 3": ("comb", 5),
    "field 4": ("comb", 3),
} | {f"row {row} column {column}": ("box", 0) for row in (1, 2) for column in (1, 2, 3)}


@pytest.fixture(scope="module")
def form() -> Form:
    return learn(blank_form())


def test_every_field_is_found_and_no_label(form: Form) -> None:
    assert kinds(form) == EXPECTED


def test_boxes_are_where_the_fields_are(form: Form) -> None:
    found = {field.name: field for field in form.fields}
    assert np.abs(np.subtract(found["field 1"].box, BOX)).max() <= 6
    assert np.abs(np.subtract(found["field 3"].cells, CELLS)).max() <= 6
    assert np.abs(np.subtract(found["field 4"].cells, APART)).max() <= 6
    x, y, wide, high = found["field 2"].box
    assert abs(x - LINE[0]) <= 3
    assert abs(wide - LINE[2]) <= 6
    assert abs(y + high - sum(LINE[1::2])) <= 4  # it ends on the line
    assert 30 <= high <= 90


@pytest.mark.parametrize("angle", [-3.0, 1.2])
def test_a_scan_that_lies_askew_is_straightened(angle: float) -> None:
    blank = blank_form()
    high, wide = blank.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, 1)
    turned = cv2.warpAffine(blank, matrix, (wide, high), borderValue=(255,))
    assert kinds(learn(turned)) == EXPECTED


def test_grey_paper_and_half_the_size_do_not_matter() -> None:
    blank = (70 + 0.5 * blank_form()).astype(np.uint8)
    assert kinds(learn(blank)) == EXPECTED
    larger = cv2.resize(blank, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    form = learn(larger)
    assert kinds(form) == EXPECTED
    assert max(form.blank.shape) == 2400


def test_ticks_on_a_line_are_a_comb() -> None:
    blank = np.full((1400, 1000), 255, np.uint8)
    cv2.line(blank, (200, 300), (500, 300), 0, 2)
    for k in range(7):
        cv2.line(blank, (200 + 50 * k, 300), (200 + 50 * k, 280), 0, 2)
    [field] = learn(blank).fields
    assert (field.kind, len(field.cells)) == ("comb", 6)


def test_a_dotted_line_is_one_to_write_on() -> None:
    blank = np.full((1400, 1000), 255, np.uint8)
    for x in range(200, 500, 9):
        cv2.circle(blank, (x, 300), 1, 0, -1)
    [field] = learn(blank).fields
    assert field.kind == "line"


def test_a_caption_and_a_unit_are_left_out_of_their_frame() -> None:
    blank = np.full((1400, 1000), 255, np.uint8)
    for y in (200, 400):
        cv2.rectangle(blank, (200, y), (600, y + 90), 0, 2)
    cv2.putText(blank, "total", (208, 222), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1, cv2.LINE_AA)
    cv2.putText(blank, "kg", (540, 460), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2, cv2.LINE_AA)
    captioned, measured = learn(blank).fields
    assert captioned.box[1] >= 222
    assert captioned.box[2] > 390
    assert measured.box[0] + measured.box[2] <= 545


def test_an_underlined_heading_and_a_rule_across_are_no_fields() -> None:
    blank = blank_form()
    cv2.putText(blank, "Part one", (100, 1000), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 2, cv2.LINE_AA)
    cv2.line(blank, (100, 1012), (270, 1012), 0, 2)
    cv2.line(blank, (60, 1200), (940, 1200), 0, 2)
    assert kinds(learn(blank)) == EXPECTED


@pytest.mark.parametrize("size", [(1400, 1000), (1, 1), (3, 900), (40, 40)])
def test_a_picture_without_fields_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="shows no field"):
        learn(np.full(size, 255, np.uint8))


def test_the_drawing_shows_the_fields(form: Form) -> None:
    drawn = form.draw()
    assert drawn.shape == (*form.blank.shape, 3)
    x, y, wide, high = form.fields[0].box
    inside = drawn[y + high // 2 :, x + wide // 2 :][:5, :5]
    assert np.ptp(inside.astype(int), axis=2).min() > 10  # coloured
    assert (drawn[1200, 500] == form.blank[1200, 500]).all()
