from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pictures
import pytest

import digits
from digits.io.evidence import LEGEND, draw_explanations
from digits.io.formats import as_table
from digits.io.result import Outcome, Reading
from digits.model.explain import Explanation

Texts = list[str]


def explained(reading: Reading, name: str = "") -> np.ndarray:
    return digits.Reader().explain(replace(reading, source=name or None))


@pytest.fixture(scope="module")
def reading() -> Reading:
    return digits.read(pictures.page("58 7\n123").pixels)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Texts:
    return pictures.written_texts(monkeypatch)


def test_the_title_says_which_picture_and_what_was_read(reading: Reading, written: Texts) -> None:
    explained(reading, "page.png")
    assert written[0] == "page.png:  58 7 / 123"


def test_a_long_title_is_cut_to_the_width(reading: Reading, written: Texts) -> None:
    sheet = explained(reading, 250 * "n")
    assert written[0].endswith("...")
    assert (sheet[:50, -8:] == 255).all()


def test_a_legend_explains_each_colour(reading: Reading, written: Texts) -> None:
    sheet = explained(reading)
    for colour, meaning in LEGEND:
        assert meaning in written
        assert (sheet[:100] == colour).all(axis=2).sum() > 100


def test_confidences_are_those_of_the_table(reading: Reading, written: Texts) -> None:
    explained(reading)
    table = "\n".join(as_table([Outcome("page.png", 1, reading, None, 0.1)]))
    for number in reading.numbers:
        [headline] = [text for text in written if text.startswith(f"{number.text}   ")]
        assert headline.removeprefix(number.text).strip() in table


def test_one_digit_has_one_confidence(reading: Reading, written: Texts) -> None:
    seven = next(number for number in reading.numbers if number.text == "7")
    alone = replace(reading, text="7", lines=((seven,),))
    explained(alone)
    assert [text for text in written if "%" in text] == [f"7   {100 * seven.confidence:.1f} %"]


def test_what_is_explained_is_the_digit_that_was_read(reading: Reading, written: Texts) -> None:
    """Also where the classifier alone would have taken it for another."""
    [seven] = [number for number in reading.numbers if number.text == "7"]
    other = replace(seven, text="1", digits=(replace(seven.digits[0], digit=1),))
    explained(replace(reading, text="1", lines=((other,),)))
    assert "1" in written
    assert "not 7" in written


@pytest.mark.parametrize("lengths", [[], [1], [6], [7], [13, 1], [5, 2], [3, 3, 1]])
def test_every_digit_of_numbers_of_any_length_is_drawn(
    lengths: list[int], reading: Reading
) -> None:
    some = reading.numbers[0]
    numbers = tuple(replace(some, digits=(some.digits[0],) * length) for length in lengths)
    blue = np.full((28, 28), 1, np.float32)
    whys = [Explanation(np.full((28, 28), 255, np.uint8), 5, 6, blue)] * sum(lengths)
    sheet = draw_explanations(replace(reading, lines=(numbers,)), whys)
    tiles = (sheet == LEGEND[0][0]).all(axis=2).astype(np.uint8)
    _, _, parts, _ = cv2.connectedComponentsWithStats(tiles)
    assert (parts[1:, 4] == 168 * 168).sum() == sum(lengths)
