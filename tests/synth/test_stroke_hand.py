"""Hands of people whose strokes are in tables: who writes what, and how it varies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stroke_people import TEXTS, WORDS, open_sources, width_of, write_people

from digits.data import strokes
from digits.synth.sources import Sources
from digits.synth.stroke_hand import LONGEST_LINE, People, StrokeHand, _alike, smooth
from digits.synth.writing import SIGNS, Glyph

HEIGHT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("strokes"))


@pytest.fixture(scope="module")
def people(folder: Path) -> People:
    return People.open("train", folder)


def hand_of(people: People, person: int, seed: int = 0) -> StrokeHand:
    """This person with a thin pen, writing with little variation."""
    hand = StrokeHand.sample(people, person, np.random.default_rng(seed))
    return replace(hand, pen=0.05, nib=0.0, stretch=1.0, lean=0.0, unrest=0.1)


def breadth(glyph: Glyph) -> float:
    return glyph.ink.shape[1] / glyph.ink.shape[0]


def test_everybody_has_their_own_samples(people: People) -> None:
    assert sorted(people.hands) == [0, 1, 2, 3]
    for person, own in people.hands.items():
        assert set("0123456789aB") <= set(own)
        for places in own.values():
            for kind, index in places:
                assert people.tables[kind].writer[index] == person
    assert {p: len(rows) for p, rows in people.words.items()} == dict.fromkeys(range(3), 1)
    assert {p: len(rows) for p, rows in people.lines.items()} == dict.fromkeys(range(3), 3)


def test_parts_share_nobody(tmp_path: Path) -> None:
    write_people(tmp_path, count=60, contributor="abc")
    parts = [People.open(part, tmp_path) for part in ("train", "validation", "test")]
    everybody = [person for part in parts for person in part.hands]
    assert sorted(everybody) == list(range(60))
    for part in parts:
        assert set(part.tables["words"].writer.tolist()) <= set(part.hands)
        assert len(part.tables["digits"]) == 10 * len(part.hands)


def test_those_alike_are_the_nearest_in_breadth_and_never_oneself(people: People) -> None:
    assert people.alike[0] == [1, 2, 3]
    assert people.alike[3] == [2, 1, 0]
    assert all(person not in others for person, others in people.alike.items())


def test_people_who_write_the_same_are_not_themselves(people: People) -> None:
    alike = _alike(people.tables, dict.fromkeys(range(3), people.hands[1]))
    assert alike == {0: [1, 2], 1: [0, 2], 2: [0, 1]}


@pytest.mark.parametrize("person", [0, 3])
def test_digits_are_as_broad_as_this_person_writes(people: People, person: int) -> None:
    hand, rng = hand_of(people, person), np.random.default_rng(1)
    for digit in "0123456789":
        glyph = hand.write(digit, HEIGHT, rng)
        assert breadth(glyph) == pytest.approx(width_of(person), abs=0.12)
        assert abs(glyph.ink.shape[0] - HEIGHT) <= 0.12 * HEIGHT
        assert abs(glyph.top + glyph.ink.shape[0] - HEIGHT) <= 0.12 * HEIGHT  # stands on the line


def test_no_two_writings_of_a_digit_are_the_same(people: People) -> None:
    hand, rng = hand_of(people, 2), np.random.default_rng(1)
    assert len({hand.write("4", HEIGHT, rng).ink.tobytes() for _ in range(6)}) == 6


def test_a_writing_is_a_function_of_the_random_generator(people: People) -> None:
    for character in "4a-x":
        once, again = (
            hand_of(people, 2).write(character, HEIGHT, np.random.default_rng(5)) for _ in range(2)
        )
        assert np.array_equal(once.ink, again.ink)
        assert once.top == again.top


def test_a_missing_sign_is_lent_by_somebody_else(people: People) -> None:
    assert "-" not in people.hands[0]
    glyph = hand_of(people, 0).write("-", HEIGHT, np.random.default_rng(2))
    assert glyph.ink.shape[1] > 3 * glyph.ink.shape[0]
    assert 0.4 * HEIGHT < glyph.top + glyph.ink.shape[0] / 2 < 0.7 * HEIGHT


def test_a_point_stands_on_the_line_and_leaves_ink(people: People) -> None:
    glyph = hand_of(people, 1).write(".", HEIGHT, np.random.default_rng(2))
    assert glyph.ink.max() > 127
    assert max(glyph.ink.shape) < 0.25 * HEIGHT
    assert 0.8 * HEIGHT < glyph.top + glyph.ink.shape[0] / 2 < 1.15 * HEIGHT


def test_what_nobody_wrote_is_drawn(people: People) -> None:
    hand, rng = hand_of(people, 1), np.random.default_rng(3)
    for character in ["x", "Z", *SIGNS]:
        glyph = hand.write(character, HEIGHT, rng)
        assert glyph.ink.max() > 40
        assert max(glyph.ink.shape) < 3 * HEIGHT


def test_words_and_lines_say_what_their_person_wrote(people: People) -> None:
    hand, rng = hand_of(people, 1), np.random.default_rng(4)
    assert hand.has_words
    assert hand.has_lines
    words = [hand.word(HEIGHT, rng) for _ in range(12)]
    lines = [hand.line(HEIGHT, rng) for _ in range(24)]
    numbered = {word for word in WORDS if any(character.isdigit() for character in word)}
    assert numbered  # on a page they would be numbers without labels
    assert {word.text for word in words} == set(WORDS) - numbered
    assert {line.text for line in lines} == set(TEXTS) | numbered
    step = width_of(1) + 0.2
    for glyph in (*words, *lines):
        expected = (step * (len(glyph.text) - 1) + width_of(1)) * HEIGHT
        assert glyph.ink.shape[1] == pytest.approx(expected, rel=0.2)


def test_who_wrote_no_words_has_none(people: People) -> None:
    hand = hand_of(people, 3)
    assert not hand.has_words
    assert not hand.has_lines
    with pytest.raises(KeyError):
        hand.word(HEIGHT, np.random.default_rng(0))


def test_numbers_are_by_those_who_wrote_digits_and_words_by_those_who_wrote_words(
    people: People,
) -> None:
    few = replace(people, hands=people.hands | {9: {"1": people.hands[0]["1"]}})
    rngs = [np.random.default_rng(seed) for seed in range(40)]
    assert {few.hand(rng).person for rng in rngs} == {0, 1, 2, 3}
    assert {few.script(rng).person for rng in rngs} == {0, 1, 2}


def test_lines_too_long_for_a_crop_are_left_out(tmp_path: Path) -> None:
    people = People.open("train", write_people(tmp_path, count=16))
    short, long = sorted(TEXTS, key=len)
    step = width_of(10) + 0.2  # the later a person, the broader
    assert step * (len(short) - 1) < LONGEST_LINE < step * (len(long) - 1)

    def lines_of(person: int) -> set[str]:
        own = [index for kind, index in people.lines[person] if kind == "text"]
        return {str(label) for label in people.tables["text"].label[own]}

    assert lines_of(0) == {short, long}
    assert lines_of(10) == {short}


def test_corners_are_cut_and_ends_stay() -> None:
    corner = np.array([(0, 0), (0, 4), (4, 4)], float)
    assert smooth(corner).tolist() == [[0, 0], [0, 1], [0, 3], [1, 4], [3, 4], [4, 4]]
    assert smooth(corner[:2]).tolist() == corner[:2].tolist()


def test_pens_differ(people: People) -> None:
    hands = [StrokeHand.sample(people, 1, np.random.default_rng(seed)) for seed in range(30)]
    thin, broad = (
        min(hands, key=lambda hand: hand.pen),
        max(hands, key=lambda hand: hand.pen / (1 + hand.nib)),
    )
    full = [
        (hand.write("4", HEIGHT, np.random.default_rng(1)).ink > 127).sum()
        for hand in (thin, broad)
    ]
    assert full[1] > 1.5 * full[0]


# In sources


def test_sources_have_people_where_their_tables_are_at_hand(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strokes, "find", lambda directory=None: folder)
    found = Sources.open("train")
    assert found.people is not None
    assert sorted(found.people.hands) == [0, 1, 2, 3]
    writers = [found.writer(np.random.default_rng(seed)) for seed in range(60)]
    theirs = [writer for writer in writers if isinstance(writer, StrokeHand)]
    assert 10 < len(theirs) < 50
    for writer in theirs:
        script = found.script(writer, np.random.default_rng(0))
        assert script is writer or not writer.has_words


def test_sources_without_tables_write_as_well() -> None:
    found = open_sources("validation")
    assert found.people is None
    for seed in range(20):
        rng = np.random.default_rng(seed)
        writer = found.writer(rng)
        assert not isinstance(writer, StrokeHand)
        assert not isinstance(found.script(writer, rng), StrokeHand)
