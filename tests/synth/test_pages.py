"""Pages that are made up: the same for one seed, true to what stands on them, of every layout."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from stroke_people import open_sources

from digits.synth import marks
from digits.synth.cast import Cast
from digits.synth.closeup import MIN_HEIGHT, close_up
from digits.synth.layouts import LAYOUTS, chart, drawing, letters, shapes
from digits.synth.letters import LONE, Script, make_up_word
from digits.synth.page import Page, _labels, make_page, make_pages
from digits.synth.paper import PATTERNS
from digits.synth.pen import Hand
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Placed, Sheet, turned
from digits.synth.sources import Sources
from digits.synth.strings import SUFFIXES, make_up_amount, make_up_number, make_up_sum
from digits.synth.typefaces import PRINTED, WRITTEN, TypeWriter
from digits.synth.writing import SIGNS, PenWriter
from digits.synth.written_number import Habits, Written, write_number

SEEDS = range(12)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return open_sources("train")


@pytest.fixture(scope="module")
def pages(sources: Sources) -> list[Page]:
    return list(make_pages(40, seed=5, sources=sources, size=(320, 400)))


def cast_of(rng: np.random.Generator, sources: Sources, height: int = 30) -> Cast:
    return Cast(
        writer=sources.writer(rng),
        habits=Habits.sample(rng),
        script=Script.sample(rng),
        face=TypeWriter.sample(sources.printed, rng),
        height=height,
        pen=0.08,
    )


def test_a_page_is_decided_by_seed_and_place_alone(sources: Sources) -> None:
    three = list(make_pages(3, seed=8, sources=sources))
    five = list(islice(make_pages(9, seed=8, sources=sources), 5))
    for first, again in zip(three, five, strict=False):
        assert np.array_equal(first.pixels, again.pixels)
        assert first.to_dict() == again.to_dict()
    assert not any(np.array_equal(a.pixels, b.pixels) for a, b in pairwise(five))


def test_several_processes_make_the_same_pages_in_the_same_order(sources: Sources) -> None:
    alone = make_pages(3, seed=2, sources=sources, size=(96, 128))
    shared = make_pages(3, seed=2, sources=sources, size=(96, 128), processes=2)
    for first, second in zip(alone, shared, strict=True):
        assert np.array_equal(first.pixels, second.pixels)


MAKER = """
import time
from digits.synth.page import make_pages
from digits.synth.sources import Sources
for page in make_pages(64, 0, Sources.open("train"), size=(64, 64), processes=2):
    print("made", flush=True)
    time.sleep(600)
"""


def test_the_processes_of_one_that_is_killed_end_too() -> None:
    with subprocess.Popen([sys.executable, "-c", MAKER], stdout=subprocess.PIPE) as maker:
        assert maker.stdout is not None
        assert maker.stdout.readline().strip() == b"made"
        maker.kill()
        maker.communicate(timeout=20)  # until the last of them has closed its output


def test_pages_are_pictures_of_the_size_asked_for(pages: list[Page]) -> None:
    for page in pages:
        assert page.pixels.shape == (320, 400, 3)
        assert page.pixels.dtype == np.uint8


def test_digits_are_those_of_the_text_and_lie_on_the_page(pages: list[Page]) -> None:
    numbers = [number for page in pages for number in page.numbers]
    assert len(numbers) > 100
    for number in numbers:
        written = number.text.replace("²", "2").replace("³", "3")
        assert [str(digit) for digit, _ in number.digits] == [c for c in written if c.isdigit()]
        for _, (x, y, width, height) in number.digits:
            assert 0 <= x < x + width <= 400
            assert 0 <= y < y + height <= 320
            assert max(width, height) >= 2


def test_a_sum_of_unknowns_alone_is_no_number() -> None:
    sheet, corners = Sheet.empty((20, 20)), np.array([[4, 4], [12, 4], [12, 16]], np.float32)
    cv2.line(sheet.pen, (4, 4), (12, 16), 255, 1)
    sheet.numbers += [Placed("x+y", ()), Placed("x+7", ((7, corners),))]
    pixels = np.repeat(255 - sheet.pen[..., None], 3, axis=2)
    numbers, ignore_boxes = _labels(pixels, sheet, np.eye(3))
    assert [number.text for number in numbers] == ["x+7"]
    assert ignore_boxes == []


def test_a_number_that_nobody_could_make_out_is_not_to_be_read() -> None:
    sheet = Sheet.empty((40, 80))
    for x in (10, 50, 90):
        cv2.putText(sheet.pen, "4", (x, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2, cv2.LINE_AA)
        corners = np.array([[x + 1, 16], [x + 14, 30]], np.float32)
        sheet.numbers.append(Placed("4", ((4, corners),)))
    pixels = np.repeat(255 - sheet.pen[..., None], 3, axis=2)
    pixels[:, 40:] = 200  # as where a scanner took faint ink for paper
    numbers, ignore_boxes = _labels(pixels, sheet, np.eye(3))
    assert [number.digits[0][1] for number in numbers] == [(11, 16, 13, 14)]
    assert ignore_boxes == [(51, 16, 13, 14), (91, 16, 13, 14)]


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_hold_the_digits_ink_and_nothing_but_it(seed: int, sources: Sources) -> None:
    rng = np.random.default_rng(seed)
    writer, height = sources.writer(rng), int(rng.integers(20, 60))
    habits = Habits(
        gap=0.3, unrest=0.03, rise=0.0, zeros=1.0, ones=1.0, joins=0.0, lean=0.0, marks=0.0
    )
    written = write_number(writer, habits, "8305", height, rng)
    inside = np.zeros(written.ink.shape, bool)
    for _, points in written.digits:
        left, top = np.floor(points.min(axis=0)).astype(int)
        right, bottom = np.ceil(points.max(axis=0)).astype(int)
        box = written.ink[top:bottom, left:right]
        assert (box > 127).any(axis=0).mean() > 0.9  # no column, no row of it is empty
        assert (box > 127).any(axis=1).mean() > 0.9
        inside[top:bottom, left:right] = True
    assert not (written.ink[~inside] > 170).any()


def test_a_turned_number_keeps_its_digits_on_their_ink(sources: Sources) -> None:
    rng = np.random.default_rng(4)
    written = write_number(sources.writer(rng), Habits.sample(rng), "47", 40, rng)
    for degrees in (-30.0, 0.0, 12.0, 45.0):
        climbing = turned(written, degrees)
        assert abs(int(climbing.ink.sum()) - int(written.ink.sum())) < 0.02 * written.ink.sum()
        for _, points in climbing.digits:
            x, y = np.rint(points.mean(axis=0)).astype(int)
            assert (climbing.ink[y - 12 : y + 12, x - 12 : x + 12] > 127).any()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_leaves_ink_and_numbers_where_they_belong(layout, sources: Sources) -> None:
    found = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        sheet = Sheet.empty((300, 400))
        layout(sheet, cast_of(rng, sources), rng)
        assert sheet.pen.any() or sheet.print.any()
        found += sum(bool(number.digits) for number in sheet.numbers)
    assert found == 0 if layout in (drawing, shapes, chart, letters) else found > 0


def test_a_number_crossed_out_is_not_to_be_read(sources: Sources) -> None:
    rng = np.random.default_rng(1)
    sheet, cast = Sheet.empty((100, 300)), cast_of(rng, sources)
    written = cast.number("123", rng)
    marks.cross_out(sheet, written, 20, 20, rng)
    assert (sheet.pen > 0).sum() > (written.ink > 0).sum()
    assert sheet.numbers == []


def test_what_does_not_fit_between_others_is_not_written(sources: Sources) -> None:
    rng = np.random.default_rng(1)
    sheet, cast = Sheet.empty((100, 300)), cast_of(rng, sources)
    assert sheet.write(cast.number("12", rng), 10, 10)
    before = sheet.pen.copy()
    assert not sheet.write(cast.number("34", rng), 20, 12)
    assert np.array_equal(sheet.pen, before)
    assert len(sheet.numbers) == 1


def test_the_two_parts_share_no_writer_typeface_or_pattern(sources: Sources) -> None:
    held = open_sources("validation")
    assert set(sources.printed) | set(held.printed) == set(PRINTED)
    assert set(sources.written) | set(held.written) == set(WRITTEN)
    for kind in ("printed", "written", "patterns"):
        assert getattr(held, kind)
        assert not set(getattr(sources, kind)) & set(getattr(held, kind))
    seen = {tile.tobytes() for tiles in sources.tiles for each in tiles.values() for tile in each}
    for tiles in held.tiles:
        assert not any(tile.tobytes() in seen for each in tiles.values() for tile in each)


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_fill_the_sheet_and_leave_paper(name: str) -> None:
    rng = np.random.default_rng(3)
    for size in ((90, 140), (140, 90)):
        ink = PATTERNS[name](size, 24.0, rng)
        assert ink.shape == size
        assert ink.max() > 60
        assert (ink < 128).mean() > 0.2


def test_what_is_written_darkens_paper(sources: Sources) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        sheet = Sheet.empty((120, 160))
        sheet.pen[40:80, 60:100] = 255
        scene = lit_sheet(sheet, 30, sources, rng)
        assert scene[45:75, 65:95].mean() < scene.mean() - 0.05


@pytest.mark.parametrize("make_up", [make_up_number, make_up_amount, make_up_sum])
def test_made_up_numbers_have_digits_and_known_signs_only(make_up) -> None:
    rng = np.random.default_rng(6)
    known = set("0123456789²³xyz") | set(SIGNS) | set(SUFFIXES)
    for _ in range(300):
        text = make_up(rng)
        assert set(text) <= known
        assert any(character.isdigit() for character in text)


def test_numbers_hold_what_sequence_readers_lose() -> None:
    rng = np.random.default_rng(7)
    texts = [make_up_number(rng) for _ in range(2000)]
    assert sum(len(text) == 1 for text in texts) > 200
    assert sum(text.startswith("0") and len(text) > 1 for text in texts) > 100
    assert sum(any(a == b for a, b in pairwise(text)) for text in texts) > 300
    assert max(map(len, texts)) == 12


def test_a_word_of_one_letter_looks_like_no_digit() -> None:
    rng = np.random.default_rng(8)
    words = [make_up_word(rng) for _ in range(3000)]
    assert {word for word in words if len(word) == 1} <= set(LONE)
    assert all(word.isalpha() for word in words)


def test_no_word_may_as_well_be_a_number() -> None:
    rng = np.random.default_rng(8)
    words = [make_up_word(rng) for _ in range(3000)]
    assert not [word for word in words if set(word) <= set("bgiloqsyzBDGIOQSZ")]


def test_joined_letters_are_one_stroke_and_others_are_not() -> None:
    rng = np.random.default_rng(9)
    script = Script.sample(rng)
    strokes = {
        joined: len(
            Script(script.shapes, joined, script.slant, script.spacing, script.jitter).word(
                "cue", rng
            )
        )
        for joined in (1.0, 0.0)
    }
    assert strokes == {1.0: 1, 0.0: 3}


def test_every_writer_writes_every_character(sources: Sources) -> None:
    rng = np.random.default_rng(10)
    writers = [PenWriter.sample(rng), TypeWriter.sample(WRITTEN, rng)]
    writers += [sources.writer(rng) for _ in range(6)]
    for writer in writers:
        for character in "0123456789xyz" + "".join(SIGNS):
            glyph = writer.write(character, 30, rng)
            assert glyph.ink.max() > 40
            assert max(glyph.ink.shape) <= 90
            if character.isdigit():
                assert 18 <= max(glyph.ink.shape) <= 45


def test_a_steel_pen_leaves_dots_at_both_ends_of_a_three_and_on_no_zero() -> None:
    def halves(character: str, dots: float) -> NDArray[np.float64]:
        """Ink in the upper and in the lower half, of ten writers."""
        total = np.zeros(2)
        for seed in range(10):
            rng = np.random.default_rng(seed)
            writer = PenWriter(Hand.sample(rng), Script.sample(rng), 1.0, dots)
            ink = writer.write(character, 80, rng).ink.astype(np.float64)
            total += [ink[: len(ink) // 2].sum(), ink[len(ink) // 2 :].sum()]
        return total

    assert (halves("3", 1.0) > 1.01 * halves("3", 0.0)).all()
    assert (halves("0", 1.0) == halves("0", 0.0)).all()


def test_pages_of_any_size_can_be_made(sources: Sources) -> None:
    for seed, size in enumerate([(40, 200), (64, 64), (700, 90)]):
        page = make_page(size, np.random.default_rng(seed), sources)
        assert page.pixels.shape == (*size, 3)


def test_a_leaning_number_is_wider_and_its_digits_stand_apart_as_before() -> None:
    def written(lean: float) -> Written:
        rng = np.random.default_rng(4)
        habits = Habits(
            gap=0.3, unrest=0.0, rise=0.0, zeros=1.0, ones=1.0, joins=0.0, lean=lean, marks=0.0
        )
        return write_number(PenWriter.sample(rng), habits, "1111", 60, rng)

    upright, leaning = written(0.0), written(0.5)
    assert leaning.ink.shape[0] == upright.ink.shape[0]
    for (_, thin), (_, broad) in zip(upright.digits, leaning.digits, strict=True):
        assert np.ptp(broad[:, 0]) > np.ptp(thin[:, 0]) + 15


def test_some_begin_with_a_1_higher_than_the_others() -> None:
    rng = np.random.default_rng(4)
    habits = Habits(
        gap=0.3, unrest=0.0, rise=0.0, zeros=1.0, ones=1.6, joins=0.0, lean=0.0, marks=0.0
    )
    written = write_number(PenWriter.sample(rng), habits, "151", 60, rng)
    first, _, last = (np.ptp(points[:, 1]) for _, points in written.digits)
    assert 1.4 * last < first < 1.8 * last


def decimals(marks: float, count: int = 120) -> list[Written]:
    """So many times «8,3», each by another pen."""
    habits = Habits(
        gap=0.25, unrest=0.0, rise=0.0, zeros=1.0, ones=1.0, joins=0.0, lean=0.0, marks=marks
    )
    pens = [np.random.default_rng(seed) for seed in range(count)]
    return [write_number(PenWriter.sample(rng), habits, "8,3", 60, rng) for rng in pens]


def test_commas_are_as_long_as_people_write_them() -> None:
    lengths = [np.ptp(written.marks[0][1][:, 1]) / 60 for written in decimals(0.0)]
    low, middle, high = np.quantile(lengths, (0.1, 0.5, 0.9))
    assert 0.2 < low < 0.4 < middle < 0.65 < high < 1.1  # the pen is broad, too


def test_commas_may_stand_closer_and_can_be_seen() -> None:
    def gaps(some: list[Written]) -> float:
        ends = [(w.digits[0][1][:, 0].max(), w.digits[1][1][:, 0].min()) for w in some]
        return float(np.median([right - left for left, right in ends]) / 60)

    loose, tucked = decimals(0.0), decimals(1.0)
    assert gaps(tucked) < gaps(loose) - 0.03
    for written in tucked:
        comma = written.marks[0][1][:, 0]
        assert written.digits[1][1][:, 0].min() > comma.max() - 0.3 * np.ptp(comma) - 2


def test_a_close_up_shows_what_the_page_shows_there(pages: list[Page]) -> None:
    rng = np.random.default_rng(0)
    found = 0
    for page in pages:
        close = close_up(page, rng)
        if close is None:
            for number in page.numbers:
                assert np.median([box[3] for _, box in number.digits]) < MIN_HEIGHT
            continue
        found += 1
        height, width = close.pixels.shape[:2]
        texts = [number.text for number in page.numbers]
        assert close.numbers
        for number in close.numbers:
            assert number.text in texts
            for _, (x, y, wide, high) in number.digits:
                assert 0 <= x < x + wide <= width
                assert 0 <= y < y + high <= height
    assert found > 20
