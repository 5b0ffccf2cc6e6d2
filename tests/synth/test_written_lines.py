"""Text lines that are made up: the same for one seed, and what they say stands on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from stroke_people import TEXTS, WORDS, open_sources, sources_of, write_people

from digits.model.spec import SIGNS
from digits.synth import line
from digits.synth.closeup import close_up
from digits.synth.line import KIND_RATES, LONGEST, MAX_HEIGHT, MIN_HEIGHT, WrittenLine, make_line
from digits.synth.page import Page, PageMark, make_pages
from digits.synth.pool import make_many
from digits.synth.sources import Sources
from digits.synth.strings import ALPHABET, make_up_figure
from digits.synth.stroke_hand import People

Random = np.random.Generator


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """With a few people of a test."""
    folder = write_people(tmp_path_factory.mktemp("strokes"), signs=".,-+=")
    return sources_of(People.open("train", folder))


@pytest.fixture(scope="module")
def lines(sources: Sources) -> list[WrittenLine]:
    return list(make_many(make_line, 150, 7, sources))


@pytest.fixture
def of_kind(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[WrittenLine]]:
    """Makes lines of one kind, on paper that is clean and light: no rules, shade or noise."""

    def make(kind: str, count: int = 12, known: Sources = sources) -> list[WrittenLine]:
        monkeypatch.setattr(line, "KIND_RATES", {kind: 1.0})
        monkeypatch.setattr(line, "_surround", lambda *_: [])
        monkeypatch.setattr(line, "_pictured", lambda sheet, *_: np.stack([255 - sheet.pen] * 3, 2))
        return [make_line(np.random.default_rng(seed), known) for seed in range(count)]

    return make


def ink_of(written: WrittenLine) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the ink on clean paper."""
    rows, columns = np.nonzero(written.page.pixels[..., 0] < 200)
    return rows, columns


def test_a_line_is_a_function_of_its_seed(sources: Sources) -> None:
    made = [make_line(np.random.default_rng(seed), sources) for seed in (3, 3, 4)]
    assert np.array_equal(made[0].page.pixels, made[1].page.pixels)
    assert made[0].text == made[1].text
    assert (made[0].start, made[0].end, made[0].height) == (
        made[1].start,
        made[1].end,
        made[1].height,
    )
    assert not np.array_equal(made[0].page.pixels, made[2].page.pixels)


def test_several_processes_make_the_same_lines_in_the_same_order(sources: Sources) -> None:
    alone, shared = (list(make_many(make_line, 10, 5, sources, processes)) for processes in (1, 2))
    assert [each.text for each in alone] == [each.text for each in shared]
    for first, second in zip(alone, shared, strict=True):
        assert np.array_equal(first.page.pixels, second.page.pixels)
    assert not any(np.array_equal(a.page.pixels, b.page.pixels) for a, b in pairwise(alone))


def test_a_longer_list_of_lines_begins_like_a_shorter_one(sources: Sources) -> None:
    short, long = (list(make_many(make_line, count, 6, sources)) for count in (2, 4))
    for first, second in zip(short, long, strict=False):
        assert np.array_equal(first.page.pixels, second.page.pixels)


def test_lines_are_pictures_with_the_line_in_them(lines: list[WrittenLine]) -> None:
    for each in lines:
        rows, columns, channels = each.page.pixels.shape
        assert (channels, each.page.pixels.dtype) == (3, np.uint8)
        assert MIN_HEIGHT <= each.height <= MAX_HEIGHT
        assert 0 < each.start < each.end < columns
        assert each.height / 2 < each.middle < rows - each.height / 2


def test_lines_hold_numbers_words_and_nothing(lines: list[WrittenLine]) -> None:
    texts = [each.text for each in lines]
    words = {word for text in (*WORDS, *TEXTS) for word in text.split()}
    has_digit = [any(c.isdigit() for c in text) for text in texts]
    has_word = [bool(words & set(text.split())) for text in texts]
    assert sum(has_digit) > 60
    assert sum(has_word) > 20
    assert sum(digit and not word for digit, word in zip(has_digit, has_word, strict=True)) > 30
    assert texts.count("") > 3
    assert any(set(text) & set(SIGNS) for text in texts)


@pytest.mark.parametrize("kind", sorted(set(KIND_RATES) - {"figures"}))
def test_ink_lies_between_start_and_end(kind: str, of_kind: Callable) -> None:
    for each in of_kind(kind):
        assert each.text.strip()
        _, columns = ink_of(each)
        slack = 0.1 * each.height + 2
        assert each.start - slack <= columns.min()
        assert columns.max() + 1 <= each.end + slack
        written = max(columns.max() + 1 - columns.min(), each.height)
        assert written > 0.8 * (each.end - each.start) - 2


def test_digits_stand_at_the_middle(of_kind: Callable) -> None:
    off = []
    for each in of_kind("numbers", 50):
        if each.text.replace(" ", "").isdigit():
            rows, _ = ink_of(each)
            off.append((rows.min() + rows.max() + 1) / 2 / each.height - each.middle / each.height)
    assert len(off) > 8
    assert abs(np.median(off)) < 0.1
    assert max(map(abs, off)) < 0.8


@pytest.mark.parametrize("kind", ["numbers", "mixed", "amount"])
def test_boxes_hold_the_ink_of_their_digits(kind: str, of_kind: Callable) -> None:
    count = 0
    for each in of_kind(kind):
        ink = each.page.pixels[..., 0] < 200
        for number in each.page.numbers:
            assert number.text in each.text.split()
            said = "".join("23"["²³".index(c)] if c in "²³" else c for c in number.text)
            assert [str(digit) for digit, _ in number.digits] == re.findall("[0-9]", said)
            for _, (x, y, wide, high) in number.digits:
                count += 1
                top, left = max(round(y), 0), max(round(x), 0)
                assert ink[top : round(y + high), left : round(x + wide)].mean() > 0.02
        if each.text.isdigit():
            _, columns = ink_of(each)
            boxes = np.array([box for number in each.page.numbers for _, box in number.digits])
            assert abs(columns.min() - boxes[:, 0].min()) < 3
            assert abs(columns.max() + 1 - (boxes[:, 0] + boxes[:, 2]).max()) < 3
    assert count > 10


def test_digits_in_words_and_around_the_line_are_to_be_ignored(
    lines: list[WrittenLine], of_kind: Callable
) -> None:
    for each in of_kind("text", 25):
        assert bool(each.page.ignore_boxes) == bool(re.search("[0-9]", each.text))
        assert not each.page.numbers
    around = [
        abs(y + high / 2 - each.middle) / each.height
        for each in lines
        for _, y, _, high in each.page.ignore_boxes
    ]
    assert sum(far > 0.8 for far in around) > 10


def test_the_longer_a_text_the_longer_its_line(of_kind: Callable) -> None:
    found = of_kind("numbers", 30)
    count = np.array([len(each.text) for each in found])
    length = np.array([(each.end - each.start) / each.height for each in found])
    assert np.corrcoef(count, length)[0, 1] > 0.8
    assert all(length[count == 1] < 3)


@pytest.mark.parametrize(
    ("kind", "is_known"),
    [
        ("letters", lambda word: len(word) == 1 and word.lower() in ALPHABET),
        ("amount", lambda word: any(c.isdigit() for c in word)),
    ],
)
def test_each_kind_says_what_it_should(
    kind: str, is_known: Callable[[str], bool], of_kind: Callable
) -> None:
    for each in of_kind(kind):
        assert all(map(is_known, each.text.split()))


def test_a_whole_line_is_one_that_somebody_wrote(of_kind: Callable) -> None:
    texts = [each.text for each in of_kind("text", 25)]
    assert set(TEXTS) <= set(texts)


def test_figures_say_nothing(of_kind: Callable) -> None:
    found = of_kind("figures", 16)
    assert {each.text for each in found} == {""}
    assert any(len(ink_of(each)[0]) for each in found)


def test_no_line_has_more_on_it_than_fits(lines: list[WrittenLine]) -> None:
    for each in lines:
        if len(each.text.split()) > 1:
            assert each.end - each.start < 2 * LONGEST * each.height


def test_lines_need_no_people(of_kind: Callable) -> None:
    plain = open_sources("validation")
    for kind in ("mixed", "text", "words"):
        for each in of_kind(kind, 4, plain):
            assert each.text
            assert len(ink_of(each)[0])


def test_figures_of_numbers_have_digits_and_signs_that_are_known() -> None:
    rng = np.random.default_rng(3)
    texts = [make_up_figure(rng) for _ in range(2000)]
    letters = set(ALPHABET) | set(ALPHABET.upper())
    assert set("".join(texts)) <= set("0123456789") | set(SIGNS) | letters
    assert all(any(c.isdigit() for c in text) for text in texts)
    assert not any(" " in text for text in texts)
    assert set(SIGNS) <= set("".join(texts))
    for start, least in (("-", 100), ("$", 20), ("€", 20)):
        assert sum(text.startswith(start) for text in texts) > least
    assert sum(text[0].isalpha() for text in texts) > 60


# Signs and words of pages


def on_ink(mark: PageMark, pixels: NDArray[np.uint8]) -> bool:
    """Whether the grey levels in its box differ as ink and paper do."""
    x, y, wide, high = mark.box
    low = max(int(x) - 1, 0), max(int(y) - 1, 0)
    part = pixels[low[1] : int(y + high) + 2, low[0] : int(x + wide) + 2].mean(axis=2)
    return bool(part.size and np.ptp(part) > 25)


def test_signs_and_words_of_a_page_lie_on_ink(sources: Sources) -> None:
    found = {"seen": 0, "blank": 0, "known": 0}
    for page in make_pages(60, 4, sources, size=(256, 320)):
        if not page.numbers:  # maybe too dark for anything to be legible
            continue
        for mark in page.marks:
            x, y, wide, high = mark.box
            assert wide > 0
            assert high > 0
            assert mark.height > 0
            if x >= 0 and y >= 0 and x + wide <= 320 and y + high <= 256:
                found["seen" if on_ink(mark, page.pixels) else "blank"] += 1
                found["known"] += bool(mark.text)
    assert found["seen"] > 100
    assert found["known"] > 80
    assert found["blank"] < 0.1 * found["seen"]  # what a shadow or blur swallowed


def test_every_sign_of_a_number_is_a_mark_of_its_page(sources: Sources) -> None:
    count = 0
    for page in make_pages(25, 4, sources, size=(256, 320)):
        texts = [mark.text for mark in page.marks]
        for number in page.numbers:
            for sign in number.text:
                if not sign.isdigit():
                    count += 1
                    assert sign in texts
    assert count > 20


def test_marks_follow_a_close_up(sources: Sources) -> None:
    """One shift brings the pixels and all visible marks of a crop onto those of its page."""
    rng, found = np.random.default_rng(1), 0
    for page in make_pages(25, 4, sources, size=(256, 320)):
        close = close_up(page, rng)
        if close is not None and close.marks:
            shifts = {_shift(close.marks[0], mark) for mark in page.marks}
            assert any(_is_part(close, page, shift) for shift in shifts)
            found += len(close.marks)
    assert found > 20


def _shift(first: PageMark, second: PageMark) -> tuple[int, int]:
    return round(second.box[0] - first.box[0]), round(second.box[1] - first.box[1])


def _is_part(close: Page, page: Page, shift: tuple[int, int]) -> bool:
    (left, top), (high, wide) = shift, close.pixels.shape[:2]
    if not np.array_equal(page.pixels[top : top + high, left : left + wide], close.pixels):
        return False

    def is_visible(mark: PageMark) -> bool:
        x, y, across, down = mark.box
        return left - across < x < left + wide and top - down < y < top + high

    there = [(mark.text, *np.round(mark.box, 2)) for mark in page.marks if is_visible(mark)]
    moved = np.array([left, top, 0, 0])
    return there == [(mark.text, *np.round(moved + mark.box, 2)) for mark in close.marks]
