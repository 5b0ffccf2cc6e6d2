from __future__ import annotations

import numpy as np
import pictures
import pytest
from pictures import overlap

import digits

READER = digits.Reader()
TEXTS = ["7", "305", "2024", "90000", "111", "12345678"]
BLANK = np.full((60, 160, 3), 255, np.uint8)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("height", [24, 60])
def test_a_number_is_read_digit_by_digit(text: str, height: int) -> None:
    page = pictures.page(text, height=height)
    found = READER.number(page.pixels)
    assert found.text == "".join(str(each.digit) for each in found.digits) == text
    assert min(map(overlap, [each.box for each in found.digits], page.boxes)) > 0.5
    for each in found.digits:
        assert each.tile is not None
        assert each.tile.shape == (28, 28)
        assert each.tile.max() == 255
        assert each.probabilities.argmax() == each.digit
        assert each.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert found.confidence <= each.confidence + 1e-6
    assert found.confidence > 0.5
    assert found.runner_up[0] != text
    assert found.runner_up[1] < found.confidence


def test_numbers_read_together_are_as_read_alone() -> None:
    many = [pictures.page(text, height=40, seed=3).pixels for text in TEXTS]
    many.insert(2, BLANK)
    together, alone = READER.numbers(many), [READER.number(each) for each in many]
    assert [each.text for each in together] == [each.text for each in alone]
    assert [each.box for each in together] == [each.box for each in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_numbers_of_nothing_are_none() -> None:
    assert READER.numbers([]) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (28, 28, 3), (60, 400, 3), (400, 30, 3)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_crop_has_no_number(shape: tuple[int, ...], level: int) -> None:
    found = READER.number(np.full(shape, level, np.uint8))
    assert (found.text, found.confidence, found.digits) == ("", 0.0, ())
    assert found.box == (0, 0, shape[1], shape[0])
    assert found.runner_up == ("", 0.0)


def test_faint_digits_that_a_page_refuses_are_read() -> None:
    """Told that there is a number, the reader answers, however unsure."""
    page = pictures.page("305", height=40, ink=(225, 225, 225), paper=(245, 245, 245))
    noise = np.random.default_rng(0).normal(0, 7, page.pixels.shape)
    noisy = np.clip(page.pixels + noise, 0, 255).astype(np.uint8)
    assert len(READER.number(noisy).digits) >= 1


@pytest.mark.parametrize("kind", ["light on dark", "grey", "tiny"])
def test_other_pictures(kind: str) -> None:
    pixels = pictures.page("46", height=18 if kind == "tiny" else 50).pixels
    shown = {"light on dark": 255 - pixels, "grey": pixels[..., 0], "tiny": pixels}[kind]
    found = READER.number(shown)
    assert found.text == "46"
    x, y, wide, high = found.box
    assert x >= 0
    assert y >= 0
    assert x + wide <= pixels.shape[1]
    assert y + high <= pixels.shape[0]


def test_a_reading_of_one_number() -> None:
    reading = READER.read_number(pictures.page("305").pixels)
    assert reading.text == "305"
    assert reading.numbers[0].text == "305"
    assert digits.Reading.from_dict(reading.to_dict()).text == "305"
    empty = READER.read_number(BLANK)
    assert (empty.text, empty.numbers) == ("", ())
    assert digits.Reading.from_dict(empty.to_dict()).numbers == ()


def test_unsure_digits_are_masked_in_the_text() -> None:
    reader = digits.Reader(min_confidence=1.0)
    assert reader.read_number(pictures.page("305").pixels).text == "???"


def test_outcomes() -> None:
    page = pictures.page("305").pixels
    good, bad = READER.try_read(page, number=True), READER.try_read(b"no picture", number=True)
    assert good.reading is not None
    assert good.reading.text == "305"
    assert bad.reading is None
    assert bad.error
    [many] = READER.read_many([page], number=True)
    assert many.reading is not None
    assert many.reading.text == "305"
    with pytest.raises(digits.DigitsError):
        READER.number(b"no picture")
