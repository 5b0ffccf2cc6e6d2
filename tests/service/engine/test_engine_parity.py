"""The browser answers as Python does, tile for tile and drawing for drawing."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import digit_page, encode, page, photographed
from service.engine.browser import Engine
from service.engine.comparing import confidence_difference, tile_difference
from service.engine.drawings import several_digits, single_digits

from digits import Reader
from digits.data import mnist
from digits.errors import DataError
from digits.model.inputs import normalise_tile
from digits.synth.pen import drawn_digits

NEARLY = 0.01  # of a probability; one rounding in 8 bits may fall to the other side


def test_answers_tiles_as_python_does(engine: Engine, reader: Reader) -> None:
    try:
        tiles = mnist.load("test")[0][:600]
    except DataError as error:
        pytest.skip(str(error))
    expected, there = reader.classifier.classify(tiles)
    found, is_digit = engine.classify(tiles)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()
    np.testing.assert_allclose(found, expected, atol=NEARLY)
    np.testing.assert_allclose(is_digit, there, atol=NEARLY)


def test_looks_at_doubtful_tiles_again(engine: Engine, reader: Reader) -> None:
    """Halves of two digits are doubtful, so that test-time augmentation is at work."""
    whole = np.array([normalise_tile(ink) for ink in drawn_digits(40, 1)[0]])
    tiles = np.concatenate([whole[:20, :14], whole[20:, 14:]], axis=1)
    expected, there = reader.classifier.classify(tiles)
    once, _ = reader.classifier.classify(tiles, tta=False)
    found, is_digit = engine.classify(tiles)
    assert np.abs(once - expected).max() > 5 * NEARLY
    np.testing.assert_allclose(found, expected, atol=NEARLY)
    np.testing.assert_allclose(is_digit, there, atol=NEARLY)


def test_reads_drawings_of_one_digit_as_python_does(engine: Engine, reader: Reader) -> None:
    for pixels, _ in single_digits(10, seed=7):
        found, expected = engine.read(pixels, single=True), reader.read_single(pixels)
        assert found["text"] == expected.text
        assert tile_difference(found, expected) <= 1
        assert confidence_difference(found, expected) <= NEARLY
        assert found["numbers"][0]["box"] == list(expected.numbers[0].box)


def test_reads_drawings_of_several_digits_as_python_does(engine: Engine, reader: Reader) -> None:
    """But for one in eight, where a gap or a digit is as likely as not."""
    same = 0
    for pixels, _ in several_digits(8, seed=7):
        found, expected = engine.read(pixels), reader.read(pixels)
        if found["text"] == expected.text:
            same += 1
            assert confidence_difference(found, expected) <= 5 * NEARLY
    assert same >= 7


def test_reads_drawings_of_one_number_as_python_does(engine: Engine, reader: Reader) -> None:
    for pixels, _ in several_digits(6, seed=8):
        found, expected = engine.read(pixels, number=True), reader.read_number(pixels)
        assert found["text"] == expected.text
        assert confidence_difference(found, expected) <= 5 * NEARLY
        runner_up = found["numbers"][0]["runner_up"]
        assert runner_up["confidence"] == pytest.approx(expected.numbers[0].runner_up[1], abs=0.05)


@pytest.mark.parametrize("text", ["2024 17", "305\n42"])
def test_reads_numbers_and_rows_as_python_does(engine: Engine, reader: Reader, text: str) -> None:
    pixels = page(text).pixels
    found, expected = engine.read(pixels), reader.read(pixels)
    assert found["text"] == expected.text == text
    boxes = [number["box"] for number in found["numbers"]]
    np.testing.assert_allclose(boxes, [number.box for number in expected.numbers], atol=1)


@pytest.mark.parametrize(("text", "turned"), [("2457", 90), ("108", 0)])
def test_sees_which_way_up_a_page_lies(
    engine: Engine, reader: Reader, text: str, turned: int
) -> None:
    """Also where no digit has one way up alone, and every way is tried."""
    pixels = np.ascontiguousarray(np.rot90(page(text).pixels, turned // 90))
    found, expected = engine.read(pixels), reader.read(pixels)
    assert found["orientation"] == expected.orientation == turned
    assert found["text"] == expected.text == text
    np.testing.assert_allclose(found["numbers"][0]["box"], expected.numbers[0].box, atol=1)


def test_reads_a_photo_of_one_digit_as_python_does(engine: Engine, reader: Reader) -> None:
    """Paper in uneven light: the blots on it are filled a little differently, no more."""
    pixels = photographed(page("4", height=120).pixels)
    found, expected = engine.read(pixels, single=True), reader.read_single(pixels)
    assert found["text"] == expected.text
    assert confidence_difference(found, expected) <= 5 * NEARLY


def test_gives_all_that_python_gives(engine: Engine, reader: Reader) -> None:
    pixels = digit_page("7", height=200, width=200)
    found, expected = engine.read(pixels, single=True), reader.read_single(pixels).to_dict()
    assert set(found) == {"picture", "page", "milliseconds", *expected}
    assert set(found["numbers"][0]["digits"][0]) == {"tile", *expected["numbers"][0]["digits"][0]}
    for key in ("width", "height", "model", "fingerprint", "schema", "orientation", "rejected"):
        assert found[key] == expected[key]


def test_reads_nothing_on_blank_paper(engine: Engine) -> None:
    blank = np.full((120, 160, 3), 255, np.uint8)
    assert engine.read(blank)["numbers"] == []
    (number,) = engine.read(blank, single=True)["numbers"]
    assert number["confidence"] == 0


def test_masks_what_is_less_sure(engine: Engine) -> None:
    assert engine.read(digit_page("7"), minConfidence=1)["text"] == "?"


def test_lays_transparency_on_white(engine: Engine, reader: Reader) -> None:
    ink = 255 - digit_page("3", ink=(0, 0, 0), paper=(255, 255, 255))[..., :1]
    content = encode(".png", np.concatenate([np.zeros_like(ink).repeat(3, 2), ink], axis=2))
    found, expected = engine.read_file(content, single=True), reader.read_single(content)
    assert found["text"] == expected.text == "3"


def test_says_what_is_no_picture(engine: Engine) -> None:
    with pytest.raises(Exception, match="not a picture that this browser can open"):
        engine.read_file(b"%PDF-1.4 no picture")
