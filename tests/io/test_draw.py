from __future__ import annotations

import dataclasses
from itertools import pairwise

import cv2
import numpy as np
import pictures
import pytest
from numpy.typing import NDArray

from digits.io import draw
from digits.io.draw import draw_reading, percent
from digits.io.number import Box, Digit, Number
from digits.io.result import Reading, Rejected, Sign


def reading(picture: NDArray[np.uint8], boxes: list[Box], *rejected: Rejected) -> Reading:
    """A reading of one number "7" at each of the boxes."""
    tile, probabilities = np.zeros((28, 28), np.uint8), np.full(10, 0.1, np.float32)
    numbers = tuple(
        Number("7", 0.97, box, (Digit(7, 0.97, probabilities, box, 1.0, tile),), (("7", 0.97),))
        for box in boxes
    )
    lines = (numbers,) if numbers else ()
    height, width = picture.shape[:2]
    text = " ".join("7" * len(boxes))
    return Reading(text, lines, rejected, 0, width, height, "default", "", picture)


def drawn(picture: NDArray[np.uint8], boxes: list[Box], *rejected: Rejected) -> NDArray[np.uint8]:
    return draw_reading(reading(picture, boxes, *rejected), picture)


def colour_of(drawing: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((drawing == colour).all(axis=2))


def test_a_frame_stands_around_the_ink_and_hides_none() -> None:
    page = pictures.page("7 7", height=120)
    drawing = drawn(page.pixels, list(page.boxes))
    assert drawing.shape == page.pixels.shape
    changed = (drawing != page.pixels).any(axis=2)
    assert 0.005 < changed.mean() < 0.2
    for x, y, width, height in page.boxes:
        assert not changed[y : y + height, x : x + width].any()
        around = colour_of(drawing, (0, 114, 178))[y - 40 : y + height + 40, x - 40 :]
        across, down = around.sum(axis=1), around[:, : width + 80].sum(axis=0)
        assert (across >= width).sum() >= 2  # the upper and the lower edge
        assert (down >= height).sum() >= 2


def test_neither_picture_nor_reading_is_changed() -> None:
    page = pictures.page("7")
    before = page.pixels.copy()
    read = reading(page.pixels, list(page.boxes))
    assert not np.shares_memory(read.draw(), page.pixels)
    np.testing.assert_array_equal(page.pixels, before)


def test_nothing_read_nothing_drawn() -> None:
    pixels = pictures.page("7", height=200).pixels
    np.testing.assert_array_equal(drawn(pixels, []), pixels)


def test_rejected_ink_is_boxed_without_a_label() -> None:
    page = pictures.page("7", height=200)
    x, y, width, height = page.boxes[0]
    drawing = drawn(page.pixels, [], Rejected((x, y, width, height), "no digit"))
    changed = (drawing != page.pixels).any(axis=2)
    assert changed[y, x : x + width].all()
    changed[y - 2 : y + height + 2, x - 2 : x + width + 2] = False
    assert not changed.any()


def test_the_sign_of_a_number_lies_in_its_frame_and_on_its_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = pictures.written_texts(monkeypatch)
    page = pictures.page("7", height=200)
    x, y, width, height = page.boxes[0]
    before = x - 40
    page.pixels[y + height // 2 :][:8, before : before + 25] = 20
    read = reading(page.pixels, list(page.boxes))
    box = (before, y, x + width - before, height)
    minus = dataclasses.replace(read.numbers[0], text="-7", box=box)
    drawing = draw_reading(dataclasses.replace(read, lines=((minus,),)), page.pixels)
    assert "-7  97.0 %" in written
    changed = (drawing != page.pixels).any(axis=2)
    assert not changed[y : y + height, before : x + width].any()
    assert colour_of(drawing, (0, 114, 178))[y : y + height, before - 20 : before].any()


@pytest.mark.parametrize(("confidence", "colour"), [(0.95, (0, 114, 178)), (0.5, (213, 94, 0))])
@pytest.mark.parametrize("box", [(300, 80, 5, 5), (0, 0, 5, 5), (795, 795, 5, 5)])
def test_a_sign_has_a_thin_frame_that_hides_none_of_it(
    box: Box, confidence: float, colour: tuple[int, int, int]
) -> None:
    page = np.full((800, 800, 3), 255, np.uint8)
    lone = dataclasses.replace(reading(page, []), signs=(Sign("×", confidence, box),))
    drawing = lone.draw()
    x, y, width, height = box
    assert colour_of(drawing, colour).any()
    changed = (drawing != 255).any(axis=2)
    assert not changed[y : y + height, x : x + width].any()
    assert changed.sum() < 150


@pytest.mark.parametrize("side", [1, 28, 100])
def test_small_pictures_are_enlarged_by_a_whole_factor(side: int) -> None:
    picture = np.full((side, side, 3), 200, np.uint8)
    drawing = drawn(picture, [])
    factor = drawing.shape[0] // side
    assert drawing.shape[0] >= 400
    assert drawing.shape == (factor * side, factor * side, 3)


def test_small_digits_are_enlarged_until_their_labels_can_be_read() -> None:
    picture = np.full((600, 600, 3), 255, np.uint8)
    assert drawn(picture, [(300, 300, 6, 8)]).shape == (3 * 600, 3 * 600, 3)
    assert drawn(picture, [(300, 300, 30, 40)]).shape == (600, 600, 3)
    assert drawn(np.full((2500, 2500, 3), 255, np.uint8), [(9, 300, 6, 8)]).shape[1] <= 2600


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (5, 2000), (30, 20), (2000, 1500)])
def test_any_form_and_place_can_be_drawn(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 200, np.uint8)
    height, width = shape
    for box in [(0, 0, width, height), (width - 1, height - 1, 1, 1), (0, 0, 1, 1)]:
        assert colour_of(drawn(picture, [box], Rejected(box, "line")), (0, 114, 178)).any()


def test_a_number_that_fills_the_picture_gets_room_around_and_covers_no_ink() -> None:
    page = np.full((400, 400, 3), 255, np.uint8)
    page[3:393, 150:210] = 20
    drawing = drawn(page, [(150, 3, 60, 390)])
    assert colour_of(drawing, (20, 20, 20)).sum() == 390 * 60
    added = len(drawing) - 400
    assert colour_of(drawing[:added], (0, 114, 178)).any()


@pytest.mark.parametrize("is_below_too", [False, True])
def test_a_label_hides_no_writing_where_there_is_space(is_below_too: bool) -> None:
    page = np.full((500, 800, 3), 255, np.uint8)
    page[100:198:4, 100:400] = 120
    page[264 : 400 if is_below_too else 0 : 4, 100:400] = 120
    page[205:255, 205:235] = 20
    drawing = drawn(page, [(205, 205, 30, 50)])
    offset = len(drawing) - len(page), drawing.shape[1] - page.shape[1]
    assert offset == (0, 0)
    assert (drawing[page[..., 0] < 255] == page[page[..., 0] < 255]).all()
    assert colour_of(drawing, (0, 114, 178)).sum() > 1000  # a label there is


def test_where_numbers_stand_close_labels_shrink_and_every_number_stays_in_sight() -> None:
    boxes = [(40 + 50 * (k % 9), 60 + 60 * (k // 9), 24, 34) for k in range(81)]
    page = np.full((640, 520, 3), 255, np.uint8)
    for x, y, width, height in boxes:
        page[y : y + height, x : x + width] = 20
    drawing = drawn(page, boxes)
    assert colour_of(drawing, (20, 20, 20)).sum() == 81 * 24 * 34
    count, *_ = cv2.connectedComponents(colour_of(drawing, (255, 255, 255)).astype(np.uint8))
    assert count > 81  # letters on labels, beside the paper


def test_ticks_part_the_digits_of_a_number() -> None:
    page = pictures.page("123", height=60)
    apart = reading(page.pixels, list(page.boxes)).numbers
    digits = tuple(number.digits[0] for number in apart)
    low, high = page.boxes[0], page.boxes[-1]
    box = (low[0], low[1], high[0] + high[2] - low[0], 60)
    number = Number("123", 0.97, box, digits, (("123", 0.97),))
    height, width = page.pixels.shape[:2]
    one = Reading("123", ((number,),), (), 0, width, height, "default", "")
    drawing = draw_reading(one, page.pixels)
    factor = drawing.shape[1] // page.pixels.shape[1]
    assert drawing.shape[1] == factor * page.pixels.shape[1]
    below = drawing[len(drawing) - factor * (len(page.pixels) - low[1]) :]  # no label there
    blue = colour_of(below, (0, 114, 178)).sum(axis=0)
    for (x, _, width, _), after in pairwise(page.boxes):
        between = factor * (x + width + after[0]) // 2
        assert blue[between] > blue[factor * x + factor * width // 2]


@pytest.mark.parametrize(
    ("confidence", "text"), [(0.9889, "98.9 %"), (1.0, "100.0 %"), (0, "0.0 %")]
)
def test_confidences_are_written_as_in_the_table(confidence: float, text: str) -> None:
    assert percent(confidence) == text


def test_labels_are_written_with_the_confidence_of_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = pictures.written_texts(monkeypatch)
    page = pictures.page("7", height=200)
    drawn(page.pixels, list(page.boxes))
    assert "7  97.0 %" in written


def test_labels_that_cannot_fit_are_not_all_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work for a dense page grows with its numbers, not with their square."""
    tried: list[int] = []
    place = draw._placed
    monkeypatch.setattr(
        draw, "_placed", lambda pixels, *rest: tried.append(pixels.size) or place(pixels, *rest)
    )
    boxes = [(20 * (k % 30) + 4, 20 * (k // 30) + 4, 9, 13) for k in range(900)]
    drawing = drawn(np.full((600, 600, 3), 255, np.uint8), boxes)
    assert len(tried) < 2 * len(boxes)
    assert sum(tried) < 2 * drawing.size
