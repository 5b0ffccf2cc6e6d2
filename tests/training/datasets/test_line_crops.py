"""What text lines and line crops of pages spell, in tokens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from digits.model.spec import (
    BOUNDARY,
    DIGIT_TOKENS,
    LETTER,
    LINE_DIGIT,
    LINE_HEIGHT,
    LINE_STRIDE,
    MAX_LINE,
    SIGN_TOKENS,
    SIGNS,
)
from digits.reading.page.textline import TextLine, crop_line
from digits.synth.line import WrittenLine
from digits.synth.page import Page
from digits.training.datasets.crops import LabelledPage
from digits.training.datasets.line_crops import LineCrops
from digits.training.datasets.lines import (
    MAX_TOKENS,
    Labelled,
    LabelledLine,
    _tokens,
    sample_line,
    sha256_of_lines,
    tokens_of,
)


def spelled(tokens: tuple[int, ...] | None) -> str | None:
    """Tokens as text: a for a letter, | for a boundary."""
    names = {DIGIT_TOKENS.start + digit: str(digit) for digit in range(10)}
    names |= {SIGN_TOKENS.start + place: sign for place, sign in enumerate(SIGNS)}
    names |= {BOUNDARY: "|", LETTER: "a"}
    return None if tokens is None else "".join(names[token] for token in tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" ", ""),
        ("0123456789", "0123456789"),
        (SIGNS, SIGNS),
        ("8,0", "8,0"),
        ("-1.234,50", "-1.234,50"),
        ("17 305", "17|305"),
        ("17  305", "17|305"),
        (" 17 ", "17"),
        ("17 + 305", "17+305"),  # a sign is boundary enough
        ("no 17 left", "aa17aaaa"),  # and so is a letter
        ("ABC123", "aaa123"),
        ("B 12", "a12"),
        ("äß", "aa"),
        ("#?!", "aaa"),
        ("1'000", "1000"),  # too small to be told from specks
        ('"17"', "17"),
        ("1_~", "1"),
        ("5²", "5|2"),
        ("10³", "10|3"),
        ("x²+3", "a2+3"),
        ("5² 7", "5|2|7"),
        ("1 ' 2", "1|2"),
        ('1 "2', "1|2"),
    ],
)
def test_a_text_is_read_as_digits_signs_letters_and_boundaries(text: str, expected: str) -> None:
    assert spelled(tokens_of(text)) == expected


# Line crops of pages


DIGIT = (20.0, 30.0)  # width and height
NEAR = DIGIT[1]  # height of a digit beside a sign or word


def page(
    digits: str = "",
    marks: tuple[tuple[str, float, float], ...] = (),
    *,
    y: float = 80,
    heights: float = NEAR,
    ignored: tuple[tuple[float, float, float, float], ...] = (),
) -> LabelledPage:
    """Digits 30 pixels apart from x = 60 on, a blank for none and a new number; marks: text, x and
    width, as high as digits."""
    places = [(int(c), 60 + 30 * k, y, *DIGIT) for k, c in enumerate(digits) if c != " "]
    runs = [digits[:k].count(" ") for k, c in enumerate(digits) if c != " "]
    boxes = [(x, y, wide, DIGIT[1], heights) for _, x, wide in marks]
    return LabelledPage(
        np.full((200, 500), 250, np.uint8),
        np.array(places, np.float32).reshape(-1, 5),
        np.array(runs, np.int32),
        np.array(ignored, np.float32).reshape(-1, 4),
        np.array(boxes, np.float32).reshape(-1, 5),
        tuple(text for text, *_ in marks),
    )


def crop_of(labelled: LabelledPage, start: float = 10, end: float = 490) -> str | None:
    """What the crop through the middle of the page says, between two of its columns."""
    line = TextLine(0, 95, 0.0, DIGIT[1], start, end)
    return spelled(_tokens(labelled, line.matrix, line.width))


def test_signs_and_words_stand_between_digits() -> None:
    assert crop_of(page("12 34", ((",", 122, 6),))) == "12,34"
    assert crop_of(page("12 34", (("and", 121, 28),))) == "12aaa34"
    assert crop_of(page("12 34")) == "12|34"
    assert crop_of(page("", (("and", 121, 60), ("=", 200, 20)))) == "aaa="
    assert crop_of(page()) == ""


def test_a_mark_that_is_read_as_nothing_leaves_a_boundary() -> None:
    assert crop_of(page("12 34", (("'", 122, 6),))) == "12|34"


def test_an_unknown_text_makes_a_crop_ambiguous() -> None:
    unknown = page("12", (("", 200, 40),))
    assert crop_of(unknown) is None
    assert crop_of(unknown, end=180) == "12"  # it lies beyond


def test_a_word_is_read_whole_left_out_or_ambiguous() -> None:
    word = page("12", (("word", 200, 100),))
    assert crop_of(word, end=290) == "12aaaa"
    assert crop_of(word, end=250) is None
    assert crop_of(word, end=220) == "12"


def test_a_cut_digit_is_ambiguous() -> None:
    assert crop_of(page("12"), end=78) == "1"
    assert crop_of(page("12"), end=100) is None
    assert crop_of(page("12"), end=94) == "1"


def test_an_ignore_box_makes_a_crop_ambiguous() -> None:
    assert crop_of(page("12", ignored=((200, 80, 20, 30),))) is None
    assert crop_of(page("12", ignored=((200, 150, 20, 30),))) == "12"


def test_marks_of_other_lines_say_nothing() -> None:
    above = replace(page("12", (("word", 60, 60),)))
    above.marks[:, 1] = 20
    assert crop_of(above) == "12"
    fine_print = page("12", (("word", 200, 60),), heights=8)
    assert crop_of(fine_print) == "12"


def test_one_above_the_other_is_ambiguous() -> None:
    both = page("1")
    stacked = replace(both, digits=np.repeat(both.digits, 2, axis=0), runs=np.zeros(2, np.int32))
    stacked.digits[1, 1] += 2
    assert crop_of(stacked) is None
    assert crop_of(page("1", (("word", 30, 80),))) is None


# Written lines


def written(text: str, x: float = 100, wide: float = 120) -> WrittenLine:
    """A line with a bar of ink where its text is, `wide` pixels from x on."""
    pixels = np.full((70, 320, 3), 250, np.uint8)
    pixels[20:50, round(x) : round(x + wide)] = 30
    return WrittenLine(Page(pixels, (), (), "numbers"), text, x, x + wide, 35, 30)


def test_a_written_line_lies_where_its_ink_is() -> None:
    labelled = LabelledLine.from_written(written("no 12"))
    line = labelled.line
    assert spelled(labelled.tokens) == "aa12"
    crop = crop_line(labelled.page.grey, line.matrix, line.width)
    assert crop.shape == (LINE_HEIGHT, round(120 * LINE_DIGIT / 30))
    rows, columns = np.nonzero(crop < 128)
    assert np.ptp(columns) + 1 >= crop.shape[1] - 2
    assert abs(rows.mean() - LINE_HEIGHT / 2) < 1
    assert abs(np.ptp(rows) + 1 - LINE_DIGIT) <= 2


def test_light_writing_becomes_dark() -> None:
    dark = written("12")
    light = replace(dark, page=replace(dark.page, pixels=255 - dark.page.pixels))
    assert LabelledLine.from_written(light).page.grey[35, 150] < 100


def test_the_sum_of_lines_is_of_ink_and_text() -> None:
    first, second = (LabelledLine.from_written(written(text)) for text in ("12", "no 12"))
    other_ink = LabelledLine.from_written(written("12", x=101))
    sums = {
        sha256_of_lines(lines)
        for lines in ([], [first], [second], [other_ink], [first, second], [second, first])
    }
    assert len(sums) == 6
    assert sha256_of_lines([first]) == sha256_of_lines([LabelledLine.from_written(written("12"))])


LINES = [LabelledLine.from_written(written(text)) for text in ("12", "no 12", "-3,50", "")]


def test_lines_alone_are_enough_to_train_on() -> None:
    for seed in range(40):
        sample = sample_line(Labelled([], LINES), np.random.default_rng(seed))
        assert sample.tokens in {line.tokens for line in LINES}
        assert 2 * len(sample.tokens) < sample.width // LINE_STRIDE
        crop = crop_line(sample.grey, sample.matrix, sample.width)
        assert (crop < 128).any(axis=0).sum() > 0.9 * 120 * sample.matrix[0, 0]  # all of its ink


def test_pictures_of_lines_end_near_their_digits_now_and_then() -> None:
    """As exam marks are cut out: a comma loses its tail, digits lose a twentieth at most."""
    high = []
    for seed in range(200):
        sample = sample_line(Labelled([], LINES), np.random.default_rng(seed))
        ink = (sample.grey < 128).any(axis=1).sum()
        assert ink >= 0.9 * 30 - 1
        if sample.grey.shape != LINES[0].page.grey.shape:
            high.append(sample.grey.shape[0] / 30)
    assert 40 < len(high) < 80
    assert 0.9 <= min(high) < 1.0
    assert 1.5 < max(high) <= 1.85


def test_a_small_picture_that_is_cut_off_gets_the_margin_that_the_reader_gives() -> None:
    pixels = np.full((40, 80, 3), 250, np.uint8)
    pixels[12:24, 30:34] = pixels[12:24, 46:50] = 0
    small = LabelledLine.from_written(
        WrittenLine(Page(pixels, (), (), "numbers"), "12", 30, 50, 18, 12)
    )
    found = [sample_line(Labelled([], [small]), np.random.default_rng(seed)) for seed in range(60)]
    cut = [sample for sample in found if sample.grey.shape != (40, 80)]
    assert len(cut) > 10
    for sample in cut:
        assert (sample.grey[[0, -1]] == 250).all()
        assert (sample.grey[:, [0, -1]] == 250).all()
        rows, _ = np.nonzero(crop_line(sample.grey, sample.matrix, sample.width) < 128)
        assert abs(rows.mean() - LINE_HEIGHT / 2) < 0.3 * LINE_DIGIT


def test_batches_of_lines_alone_hold_their_texts() -> None:
    lines, texts = LineCrops(Labelled([], LINES), 6, 4, seed=1)[0]
    assert lines.shape[:2] == (4, LINE_HEIGHT)
    assert texts.shape == (4, MAX_TOKENS)
    for text in texts:
        assert tuple(text[text > 0].tolist()) in {line.tokens for line in LINES}


def test_pages_and_lines_are_both_sampled() -> None:
    both = Labelled([page("7")], LINES)
    grey = {sample_line(both, np.random.default_rng(seed)).grey.shape for seed in range(60)}
    assert (70, 320) in grey
    assert len(grey) > 1


def test_a_line_too_long_for_a_crop_is_left_out() -> None:
    pixels = np.full((70, 1200, 3), 250, np.uint8)
    long = LabelledLine.from_written(
        WrittenLine(Page(pixels, (), (), "numbers"), "12", 20, 1180, 35, 30)
    )
    assert long.line.width > MAX_LINE
    for seed in range(20):
        sample = sample_line(Labelled([], [long, LINES[0]]), np.random.default_rng(seed))
        assert sample.grey.shape[1] <= LINES[0].page.grey.shape[1]
