from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import overlap

import digits
from digits.errors import ModelError, PictureError
from digits.io.number import Digit, Number
from digits.io.result import Reading
from digits.model.store import SHIPPED

LINES = "2024\n17 305"
READER = digits.Reader()


def boxes(reading: Reading) -> list[pictures.Box]:
    return [digit.box for number in reading.numbers for digit in number.digits]


def same_digit(a: Digit, b: Digit) -> bool:
    return a.to_dict() == b.to_dict() and np.array_equal(a.tile, b.tile)


# What is read


@pytest.mark.parametrize(
    "text",
    [
        *"0123456789",
        "0123456789",
        "007",
        "17 305",
        "1 2 3 4",
        "2024\n17 305\n896 41 7",
        "5\n6\n7",
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_numbers_in_reading_order(text: str, seed: int) -> None:
    page = pictures.page(text, seed=seed)
    reading = READER.read(page.pixels)
    assert reading.text == text
    assert [number.text for number in reading.numbers] == text.split()
    assert [[n.text for n in line] for line in reading.lines] == [
        line.split() for line in text.split("\n")
    ]
    assert reading.rejected == ()


@pytest.mark.parametrize("height", [10, 16, 28, 60, 160, 480])  # of a picture: 28 to 1500 pixels
@pytest.mark.parametrize("text", ["5", "17 305"])
def test_any_size(text: str, height: int) -> None:
    page = pictures.page(text, height=height)
    reading = READER.read(page.pixels)
    assert reading.text == text
    least = 0.7 if height > 20 else 0.5  # a pixel more or less is much there
    assert all(overlap(a, b) > least for a, b in zip(boxes(reading), page.boxes, strict=True))


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        pytest.param((30, 50, 160), (250, 240, 210), id="blue on cream"),
        pytest.param((200, 30, 30), (255, 255, 255), id="red"),
        pytest.param((0, 0, 0), (128, 128, 128), id="black on grey"),
        pytest.param((255, 255, 255), (0, 0, 0), id="white on black"),
        pytest.param((250, 230, 90), (30, 60, 120), id="yellow on blue"),
        pytest.param((235, 240, 230), (30, 80, 60), id="chalk"),
        pytest.param((200, 60, 60), (60, 127, 60), id="red on a green as light"),
        pytest.param((150, 150, 150), (235, 235, 235), id="pencil"),
    ],
)
@pytest.mark.parametrize("text", ["5", LINES])
def test_any_colour_and_polarity(text: str, ink: pictures.Colour, paper: pictures.Colour) -> None:
    assert READER.read(pictures.page(text, ink=ink, paper=paper).pixels).text == text


@pytest.mark.parametrize("shadow", [0.7, 0.35])
@pytest.mark.parametrize("paper", [(250, 250, 245), (60, 60, 80)], ids=["pen", "chalk"])
def test_uneven_light(paper: pictures.Colour, shadow: float) -> None:
    ink = (20, 20, 60) if paper[0] > 128 else (250, 250, 250)
    page = pictures.page(LINES, height=80, ink=ink, paper=paper)
    reading = READER.read(pictures.photographed(page.pixels, shadow=shadow))
    assert reading.text == LINES
    assert all(overlap(a, b) > 0.6 for a, b in zip(boxes(reading), page.boxes, strict=True))


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (30, 50, 160)])
def test_ink_in_the_alpha_channel(ink: pictures.Colour) -> None:
    level = pictures.page_ink("305")
    drawn = np.dstack([np.full((*level.shape, 3), ink, np.uint8), level])
    assert READER.read(drawn).text == "305"
    assert READER.read(pictures.png(drawn)).text == "305"


def test_grey_and_colour_arrays_of_one_page_agree() -> None:
    grey = 255 - pictures.page_ink("305")
    opaque = np.full_like(grey, 255)
    forms = [grey, grey[..., None], np.dstack([grey] * 3), np.dstack([grey] * 3 + [opaque])]
    readings = [READER.read(form).to_dict() for form in forms]
    assert readings[0]["text"] == "305"
    assert all(reading == readings[0] for reading in readings)


@pytest.mark.parametrize("polarity", ["light on dark", "dark on light"])
def test_mnist_digits_as_they_are(
    polarity: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    tiles, labels = (part[:150] for part in mnist_test)
    shown = list(tiles if polarity == "light on dark" else 255 - tiles)
    right = [
        found.digit == label for found, label in zip(READER.digits(shown), labels, strict=True)
    ]
    assert np.mean(right) >= 0.97
    texts = [READER.read(tile).text for tile in shown]
    assert np.mean([text == str(label) for text, label in zip(texts, labels, strict=True)]) >= 0.95


# What a reading holds


def test_probabilities_boxes_and_tiles() -> None:
    page = pictures.page(LINES)
    reading = READER.read(page.pixels)
    height, width = page.pixels.shape[:2]
    assert (reading.orientation, reading.model) == (0, "default")
    assert (reading.width, reading.height) == (width, height)
    for number in reading.numbers:
        product = np.prod([digit.confidence for digit in number.digits])
        assert 0.5 < number.confidence <= product + 1e-6
        assert 0 <= number.runner_up[1] <= number.confidence
        assert number.runner_up[0] != number.text
        assert sum(c.isdigit() for c in number.runner_up[0]) == len(number.digits)
        for digit in number.digits:
            assert digit.probabilities.shape == (10,)
            assert digit.probabilities.dtype == np.float32
            assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)
            assert digit.confidence == float(digit.probabilities.max()) * digit.is_digit
            assert digit.digit == digit.probabilities.argmax()
            assert 0.5 < digit.is_digit <= 1
            assert (digit.tile.shape, digit.tile.dtype) == ((28, 28), np.uint8)
            assert np.array_equal(READER.classifier.predict(digit.tile[None]), [digit.digit])
            for x, y, wide, high in (digit.box, number.box):
                assert all(type(value) is int for value in digit.box)
                assert 0 <= x < x + wide <= width
                assert 0 <= y < y + high <= height
    assert all(overlap(a, b) > 0.7 for a, b in zip(boxes(reading), page.boxes, strict=True))


def test_plain_data_follows_the_schema() -> None:
    reading = json.loads(json.dumps(READER.read(pictures.page(LINES).pixels).to_dict()))
    assert list(reading) == [
        *(
            "width",
            "height",
            "orientation",
            "text",
            "transcript",
            "numbers",
            "signs",
            "tables",
            "rejected",
        ),
        *("model", "fingerprint", "schema"),
    ]
    assert (reading["text"], reading["schema"]) == (LINES, 2)
    for number in reading["numbers"]:
        assert {"text", "confidence", "box", "runner_up", "digits"} <= set(number)
        assert set(number["runner_up"]) == {"text", "confidence"}
        for digit in number["digits"]:
            assert {"digit", "confidence", "probabilities", "box"} <= set(digit)
            assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)


def test_drawing_marks_what_was_read() -> None:
    page = pictures.page(LINES, height=100)
    reading = READER.read(page.pixels)
    drawn = reading.draw()
    assert drawn.shape == page.pixels.shape
    changed = (drawn != page.pixels).any(axis=2)
    assert 0.01 < changed.mean() < 0.4
    for x, y, width, height in page.boxes:
        assert not changed[y : y + height, x : x + width].any()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_boxes_lie_in_the_picture_as_a_viewer_shows_it(orientation: int) -> None:
    page = pictures.page("17 305", height=80)
    stored = pictures.as_stored(page.pixels, orientation)
    jpeg = pictures.encode(".jpg", stored, cv2.IMWRITE_JPEG_QUALITY, 95)
    reading = READER.read(pictures.jpeg_with_exif(jpeg, orientation))
    assert reading.text == "17 305"
    assert (reading.height, reading.width) == page.pixels.shape[:2]
    assert reading.orientation == 0
    assert all(overlap(a, b) > 0.7 for a, b in zip(boxes(reading), page.boxes, strict=True))


# One picture, every door


def test_every_door_gives_the_same_reading(tmp_path: Path) -> None:
    pixels = pictures.page(LINES).pixels
    data = pictures.png(pixels)
    path = tmp_path / "page größe.png"
    path.write_bytes(data)
    with path.open("rb") as file:
        doors = [str(path), path, data, bytearray(data), io.BytesIO(data), file, pixels]
        readings = [READER.read(door).to_dict() for door in doors]
    assert readings[0]["text"] == LINES
    assert all(reading == readings[0] for reading in readings)
    assert digits.read(path).to_dict() == readings[0]


def test_every_lossless_format_gives_the_same_reading() -> None:
    pixels = pictures.page(LINES).pixels
    files = [
        pictures.png(pixels),
        pictures.encode(".webp", pixels, cv2.IMWRITE_WEBP_QUALITY, 101),
        pictures.encode(".bmp", pixels),
        pictures.encode(".tiff", pixels),
        pictures.encode(".ppm", pixels),
    ]
    readings = [READER.read(file).to_dict() for file in files]
    assert all(reading == readings[0] for reading in readings)


@pytest.mark.parametrize("ask", [READER.read, READER.digit], ids=["read", "digit"])
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(pictures.page(LINES).pixels, id="RGB"),
        pytest.param(255 - pictures.page_ink("7"), id="grey"),
        pytest.param(np.dstack([pictures.page_ink("7")] * 4), id="RGBA"),
        pytest.param(pictures.page("7", height=500).pixels, id="large"),
    ],
)
def test_the_array_given_is_never_changed(
    pixels: NDArray[np.uint8], ask: Callable[[NDArray[np.uint8]], object]
) -> None:
    given, before = pixels.copy(), pixels.copy()
    given.setflags(write=False)  # whoever tried to write would fail
    found = ask(given)
    if isinstance(found, Reading):
        found.draw()
    np.testing.assert_array_equal(given, before)


def test_many_threads_read_alike() -> None:
    pages = [pictures.page(text).pixels for text in ("0123456789", LINES, "7", "17 305")] * 4
    alone = [READER.read(page).to_dict() for page in pages]
    with ThreadPoolExecutor(8) as threads:
        together = [reading.to_dict() for reading in threads.map(READER.read, pages)]
    assert together == alone


# Exactly one digit


@pytest.mark.parametrize("height", [14, 60, 400])
def test_a_lone_digit(height: int) -> None:
    for text in "0123456789":
        page = pictures.page(text, height=height)
        found = READER.digit(page.pixels)
        assert found.digit == int(text)
        assert found.is_digit > 0.5
        assert overlap(found.box, page.boxes[0]) > 0.7


def test_a_lone_digit_on_a_photo() -> None:
    for text in "0123456789":
        page = pictures.page(text, height=150)
        photo = pictures.photographed(page.pixels, shadow=0.5)
        assert READER.digit(photo).digit == int(text)


def test_many_are_read_as_one_by_one() -> None:
    pages: list[digits.reading.picture.Picture] = [
        pictures.page("3").pixels,
        pictures.png(pictures.page("0", height=200).pixels),
        np.full((5, 5), 255, np.uint8),
        255 - pictures.page_ink("5", height=20),
    ]
    together = READER.digits(iter(pages))
    assert [found.digit for found in together[:2]] == [3, 0]
    assert all(
        same_digit(READER.digit(page), found) for page, found in zip(pages, together, strict=True)
    )
    assert READER.digits([]) == []


def test_a_reading_of_a_lone_digit() -> None:
    page = pictures.page("4")
    reading = READER.read_single(page.pixels)
    assert reading.text == "4"
    (number,) = reading.numbers
    assert same_digit(number.digits[0], READER.digit(page.pixels))


@pytest.mark.parametrize("level", [128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 3), (28, 28), (200, 300)])
def test_a_blank_picture_still_has_an_answer(shape: tuple[int, int], level: int) -> None:
    found = READER.digit(np.full(shape, level, np.uint8))
    assert found.is_digit == 0
    np.testing.assert_allclose(found.probabilities, 0.1)
    assert found.confidence == 0
    assert found.box == (0, 0, shape[1], shape[0])
    assert not found.tile.any()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(0, 2**32 - 1),
    st.sampled_from([2, 16, 256]),
)
def test_whatever_the_picture_there_is_an_answer(
    height: int, width: int, seed: int, levels: int
) -> None:
    noise = np.random.default_rng(seed).integers(0, levels, (height, width, 3))
    pixels = (noise * (255 // (levels - 1))).astype(np.uint8)
    for found in (READER.digit(pixels), *(n.digits[0] for n in READER.read(pixels).numbers)):
        assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert 0 <= found.is_digit <= 1
        x, y, wide, high = found.box
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height


# Nothing to read


@pytest.mark.parametrize("level", [128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (28, 28), (200, 300), (900, 1200)])
def test_a_blank_page_is_an_empty_reading(shape: tuple[int, int], level: int) -> None:
    reading = READER.read(np.full(shape, level, np.uint8))
    assert (reading.text, reading.lines, reading.numbers) == ("", (), ())
    assert reading.to_dict()["text"] == ""
    assert reading.draw().ndim == 3


# Faults


@pytest.mark.parametrize("ask", [READER.read, READER.digit], ids=["read", "digit"])
@pytest.mark.parametrize(
    "picture", [b"", b"%PDF-1.4", "no such file.png", Path(), np.zeros((2, 2, 7), np.uint8), None]
)
def test_no_picture(picture: object, ask: Callable[[object], object]) -> None:
    with pytest.raises(PictureError) as raised:
        ask(picture)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, digits.DigitsError)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_confidence_out_of_range(confidence: float) -> None:
    with pytest.raises(ValueError, match="expected 0 to 1"):
        digits.Reader(min_confidence=confidence)


def test_less_sure_digits_are_question_marks() -> None:
    page = pictures.page(LINES).pixels
    assert digits.Reader(min_confidence=0).read(page).text == LINES
    reading = digits.Reader(min_confidence=1).read(page)
    sure = [digit.confidence >= 1 for number in reading.numbers for digit in number.digits]
    assert reading.text == "".join(
        letter if letter in " \n" or sure.pop(0) else "?" for letter in LINES
    )
    assert [number.text for number in reading.numbers] == LINES.split()


def test_without_signs_a_reader_gives_digits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_marks(numbers: list[Number]) -> list[list[Number]]:
        return [[dataclasses.replace(number, text=f"-{number.text}")] for number in numbers]

    page = pictures.page("305").pixels
    monkeypatch.setattr("digits.reading.reader.reading_order", with_marks)
    assert READER.read(page).text == READER.read(page).transcript == "-305"
    plain = digits.Reader(signs=False).read(page)
    assert plain.text == plain.transcript == plain.numbers[0].text == "305"
    assert plain.to_dict() == READER.read(page).without_signs().to_dict()


def test_models_by_name_and_folder() -> None:
    page = pictures.page(LINES).pixels
    by_folder = digits.Reader(SHIPPED / "default").read(page).to_dict()
    assert by_folder == digits.Reader("default").read(page).to_dict()
    with pytest.raises(ModelError, match="no model 'nonsense'"):
        digits.Reader("nonsense")


@pytest.mark.parametrize("size", [(100, 100), (240, 320), (480, 640)])
@pytest.mark.parametrize("density", [0.003, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("paper", [128, 240])
def test_salt_and_pepper_are_an_empty_reading(
    paper: int, density: float, size: tuple[int, int]
) -> None:
    fate = np.random.default_rng(0).random(size)
    pixels = np.full(size, paper, np.uint8)
    pixels[fate < density] = 0
    pixels[fate > 1 - density] = 255
    assert READER.read(pixels).text == ""


@pytest.mark.parametrize("size", [(28, 28), (60, 60), (300, 400), (1000, 800)])
@pytest.mark.parametrize("softness", [0.01, 12.0])
def test_an_edge_of_a_shadow_is_no_digit(softness: float, size: tuple[int, int]) -> None:
    away = (np.arange(size[1]) - 0.4 * size[1]) / softness
    row = 80 + 130 / (1 + np.exp(-np.clip(away, -50, 50)))
    assert READER.read(np.broadcast_to(row, size).astype(np.uint8)).text == ""


@pytest.mark.parametrize("side", [84, 300, 1000])
@pytest.mark.parametrize("light_ink", [False, True])
def test_cleaned_scans_are_read_whatever_the_digit_fills(
    side: int, light_ink: bool, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    tiles, labels = (part[:40] for part in mnist_test)
    many = []
    for tile in tiles:
        ink = cv2.resize(tile, (84, 84), interpolation=cv2.INTER_CUBIC) > 110
        if side == 1000:
            ink = tile > 110  # a small digit, far from the middle
        page = np.zeros((side, side), bool)
        page[: len(ink), -len(ink) :] = ink
        many.append(np.where(page == light_ink, 255, 0).astype(np.uint8))
    read = [digit.digit for digit in READER.digits(many)]
    assert (np.array(read) == labels).mean() >= 0.95


@pytest.mark.parametrize("side", [40, 64, 160])
@pytest.mark.parametrize("sides", [1, 2, 4])
def test_cells_of_forms_are_read_within_their_printed_frame(
    side: int, sides: int, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    tiles, labels = (part[:40] for part in mnist_test)
    cells = []
    for tile in tiles:
        inner = side * 5 // 8
        cell = np.zeros((side, side), np.uint8)
        cell[side // 4 : side // 4 + inner, side // 5 : side // 5 + inner] = cv2.resize(
            tile, (inner, inner), interpolation=cv2.INTER_AREA
        )
        line = max(side // 40, 1)
        for turn in range(sides):
            np.rot90(cell, turn)[line : 2 * line] = 180
        cells.append(240 - cell // 10 * 9)
    read = [digit.digit for digit in READER.digits(cells)]
    assert (np.array(read) == labels).mean() >= 0.95


@pytest.mark.parametrize("light_ink", [False, True])
@pytest.mark.parametrize("shade", [0.0, 0.4])
def test_fat_digits_are_no_shadows(
    shade: float, light_ink: bool, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    tiles, labels = (part[:200] for part in mnist_test)
    grain = np.random.default_rng(0).normal(0, 4, (96, 96))
    pictures = []
    for tile in tiles:
        fat = cv2.dilate(cv2.resize(tile, (96, 96)), np.ones((3, 3), np.uint8))
        picture = (40 + 0.8 * fat if light_ink else 240 - 0.8 * fat) + grain
        picture = picture * np.linspace(1 - shade, 1, 96)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    read = [digit.digit for digit in READER.digits(pictures)]
    assert (np.array(read) == labels).mean() >= 0.99


def test_many_pictures_are_read_as_each_alone() -> None:
    sizes = [28, 60, 300] * 30  # more than one batch
    many = [
        pictures.digit_page(str(i % 10), height=side, width=side) for i, side in enumerate(sizes)
    ]
    many[7] = np.full((40, 50, 3), 255, np.uint8)
    together = READER.digits(iter(many))
    for picture, digit in zip(many, together, strict=True):
        alone = READER.digit(picture)
        assert (alone.digit, alone.box) == (digit.digit, digit.box)
        np.testing.assert_allclose(alone.probabilities, digit.probabilities, atol=1e-5)
