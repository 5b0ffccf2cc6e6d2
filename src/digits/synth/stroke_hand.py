"""Hands of real people: digits, signs, letters, words and lines from tables of pen strokes.

The strokes are `digits.data.strokes`; each writing of them has its own pen, size and distortion.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.data import strokes
from digits.data.strokes import Points, Strokes
from digits.synth.letters import Script
from digits.synth.writing import SIGNS, Glyph, Random, drawn, written_sign
from digits.synth.writing import Points as Line

CHARACTERS = ("digits", "letters", "symbols")
ALIKE = 8  # hands that are most like another, one of which lends it the characters that it lacks
ENOUGH = 6  # different digits of a person who counts as a hand of numbers
LONGEST_LINE, TALLEST_LINE = 16, 2.6  # heights of a digit, of the lines of text that are used
ASCENDERS = frozenset("bdfhijklt'\"!?")
X_HEIGHT = 0.55  # heights of a capital
POINT = 0.01  # heights of a digit that the pen moves in a dot, so that it leaves ink


@dataclass(frozen=True)
class People:
    """The people of one part, and what each of them wrote.

    tables: by kind. hands: for each person, the samples (kind, index) of every character. alike:
    the people most like each, the nearest first. words: indices of each person's words without a
    digit. lines: of each person's lines of text, and words with digits, by kind.
    """

    tables: Mapping[str, Strokes]
    hands: Mapping[int, Mapping[str, Sequence[tuple[str, int]]]]
    alike: Mapping[int, Sequence[int]]
    words: Mapping[int, Sequence[int]]
    lines: Mapping[int, Sequence[tuple[str, int]]]

    @classmethod
    def open(cls, part: str, data: str | os.PathLike[str] | None = None) -> People:
        """The people of one of `strokes.PARTS`. Raises DataError without tables."""
        chosen = strokes.people(part, data)
        tables = {kind: _chosen(strokes.load(kind, data), chosen) for kind in strokes.KINDS}
        hands: dict[int, dict[str, list[tuple[str, int]]]] = {}
        for kind in CHARACTERS:
            for index, (person, label) in enumerate(
                zip(tables[kind].writer.tolist(), tables[kind].label.tolist(), strict=True)
            ):
                if not tables[kind].cut[index] or kind == "letters":
                    hands.setdefault(person, {}).setdefault(label, []).append((kind, index))
        words, lines = _words_and_lines(tables)
        return cls(tables, hands, _alike(tables, hands), words, lines)

    def hand(self, rng: Random) -> StrokeHand:
        """A random person who wrote digits."""
        able = [p for p, own in self.hands.items() if sum(d in own for d in "0123456789") >= ENOUGH]
        return StrokeHand.sample(self, able[rng.integers(len(able))], rng)

    def script(self, rng: Random) -> StrokeHand:
        """A random person who wrote words."""
        able = list(self.words)
        return StrokeHand.sample(self, able[rng.integers(len(able))], rng)


def _words_and_lines(
    tables: Mapping[str, Strokes],
) -> tuple[dict[int, list[int]], dict[int, list[tuple[str, int]]]]:
    """See People. A word with digits is a line of its own: on a page it would be a number."""
    words: dict[int, list[int]] = {}
    lines: dict[int, list[tuple[str, int]]] = {}
    for kind in ("words", "text"):
        table = tables[kind]
        for index, person in enumerate(table.writer.tolist()):
            has_digits = any(character.isdigit() for character in str(table.label[index]))
            if kind == "words" and not has_digits:
                words.setdefault(person, []).append(index)
            elif _fits(table, index):
                lines.setdefault(person, []).append((kind, index))
    return words, lines


def _chosen(table: Strokes, people: NDArray[np.intp]) -> Strokes:
    """The samples of some people alone."""
    rows = np.flatnonzero(np.isin(table.writer, people))
    own = [range(*table.sample_start[row : row + 2]) for row in rows]
    lines = [table.points[slice(*table.stroke_start[s : s + 2])] for each in own for s in each]
    return Strokes(
        np.concatenate([np.zeros((0, 2), np.int16), *lines]),
        np.cumsum([0, *map(len, lines)], dtype=np.int32),
        np.cumsum([0, *map(len, own)], dtype=np.int32),
        table.label[rows],
        table.writer[rows],
        table.cut[rows],
        table.context[rows],
        table.unit,
    )


def _fits(text: Strokes, index: int) -> bool:
    """Whether a line of text is short and straight enough for a line crop."""
    wide, high = np.concatenate(text.sample(index)).max(axis=0).tolist()
    return bool(wide <= LONGEST_LINE * text.unit and high <= TALLEST_LINE * text.unit)


def _alike(
    tables: Mapping[str, Strokes], hands: Mapping[int, Mapping[str, Sequence[tuple[str, int]]]]
) -> dict[int, list[int]]:
    """For each person the others, ordered by how much slant and width of their writing differ."""
    form = np.array([_form(tables, own) for own in hands.values()]).reshape(-1, 2)
    form = form / np.maximum(form.std(axis=0), 1e-6)
    names = list(hands)
    return {
        name: [names[k] for k in np.argsort(np.hypot(*(form - own).T), kind="stable") if k != index]
        for index, (name, own) in enumerate(zip(names, form, strict=True))
    }


def _form(
    tables: Mapping[str, Strokes], own: Mapping[str, Sequence[tuple[str, int]]]
) -> tuple[float, float]:
    """Slant, in x per unit of height, and width over height of some of a person's characters."""
    some = [places[0] for _, places in sorted(own.items())][:40]
    points = [np.concatenate(tables[kind].sample(index)) for kind, index in some]
    off = np.concatenate([each - each.mean(axis=0) for each in points])
    wide, high = np.array([np.maximum(each.max(axis=0), 1) for each in points], float).T
    slant = -float((off[:, 0] * off[:, 1]).sum()) / max(float((off[:, 1] ** 2).sum()), 1.0)
    return slant, float(np.median(np.clip(wide / high, 0.2, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class StrokeHand:
    """The handwriting of one person, with one pen.

    own, lent: the characters of this person, and those of another who writes alike. pen: width of
    the line in heights of a digit; nib: how much broader strokes down are, in widths. stretch,
    lean: width and slant that all of this writing has beyond the person's. unrest: how much its
    characters vary, 1 being usual. script: the letters and signs that nobody wrote.
    """

    people: People
    person: int
    lender: int
    pen: float
    nib: float
    stretch: float
    lean: float
    unrest: float
    script: Script

    @classmethod
    def sample(cls, people: People, person: int, rng: Random) -> StrokeHand:
        """This person with a random pen."""
        alike = people.alike.get(person) or list(people.hands)
        return cls(
            people,
            person,
            alike[int(rng.integers(min(ALIKE, len(alike))))],
            pen=float(np.clip(rng.lognormal(math.log(0.085), 0.45), 0.03, 0.2)),
            nib=rng.uniform(0.3, 2) if rng.random() < 0.12 else 0.0,
            stretch=math.exp(rng.normal(0, 0.12)),
            lean=rng.normal(0, 0.1),
            unrest=rng.uniform(0.3, 1.6),
            script=Script.sample(rng),
        )

    def write(self, character: str, height: int, rng: Random) -> Glyph:
        """See Writer."""
        place = self._place(character, rng)
        if place is None:
            return written_sign(character, self.script, height, self._width(height), rng)
        kind, index = place
        top = 1.0 if kind == "digits" else _middle(character)
        return self._glyph(self.people.tables[kind], index, height, rng, top, character)

    @property
    def has_words(self) -> bool:
        """Whether words of this person are known."""
        return self.person in self.people.words

    @property
    def has_lines(self) -> bool:
        """Whether lines of this person's are known."""
        return self.person in self.people.lines

    def word(self, height: int, rng: Random) -> Glyph:
        """A word of this person's; height: of a digit or capital in pixels. Raises KeyError without
        words."""
        own = self.people.words[self.person]
        return self._written("words", own[int(rng.integers(len(own)))], height, rng)

    def line(self, height: int, rng: Random) -> Glyph:
        """A line of text of this person's; see `word`."""
        own = self.people.lines[self.person]
        return self._written(*own[int(rng.integers(len(own)))], height, rng)

    def _written(self, kind: str, index: int, height: int, rng: Random) -> Glyph:
        table = self.people.tables[kind]
        text = str(table.label[index])
        is_tall = any(c in ASCENDERS or c.isupper() or c.isdigit() for c in text)
        return self._glyph(table, index, height, rng, 0.0 if is_tall else 1 - X_HEIGHT, text)

    def _place(self, character: str, rng: Random) -> tuple[str, int] | None:
        """A sample of a character, by this person or the one who writes alike, if there is one."""
        for person in (self.person, self.lender, *self.people.alike.get(self.person, ())):
            found = self.people.hands.get(person, {}).get(character)
            if found:
                return found[int(rng.integers(len(found)))]
        return None

    def _width(self, height: int) -> float:
        return self.pen * height / (1 + self.nib)

    def _glyph(
        self, table: Strokes, index: int, height: int, rng: Random, top: float, text: str
    ) -> Glyph:
        """A sample as ink. top: of the ink in heights of a digit, 1 for on the line."""
        lines = self._varied([line / table.unit for line in table.sample(index)], rng)
        low = np.concatenate(lines).min(axis=0)
        moved = tuple((line - low).astype(np.float32) for line in lines)
        high = float(max(line[:, 1].max() for line in moved))
        if top == 1.0:
            top = 1 - high
        elif character_is_centred(text):
            top -= high / 2
        return drawn(moved, height, self._width(height), top, self.nib, text)

    def _varied(self, lines: list[NDArray[np.float64]], rng: Random) -> list[Line]:
        """Strokes in heights of a digit, as the person may write them another time: turned,
        stretched and bent a little."""
        turn, lean = rng.normal(0, 0.03) * self.unrest, self.lean + rng.normal(0, 0.04)
        across, down = np.exp(rng.normal(0, 0.05, 2) * self.unrest)
        matrix = np.array([[across * self.stretch, -lean - turn], [turn, down]])
        wave, phase = rng.uniform(2, 5, 2), rng.uniform(0, 2 * math.pi, 2)
        bend = rng.normal(0, 0.02, 2) * self.unrest
        varied = []
        for line in lines:
            if len(line) == 1:  # a dot
                line = np.concatenate([line, line + POINT])
            points = smooth(line) @ matrix.T
            points = points + bend * np.sin(points[:, ::-1] * wave + phase)
            varied.append(points.astype(np.float32))
        return varied


def character_is_centred(text: str) -> bool:
    """Whether the place of a character is that of its middle: of signs, not of words."""
    return len(text) == 1 and not text.isalnum()


def _middle(character: str) -> float:
    """Where a character stands: the middle of a sign; 1, on the line, for letters and others."""
    if character not in SIGNS:
        return 1.0
    rows = [y for stroke in SIGNS[character] for _, y in stroke]
    return (min(rows) + max(rows)) / 2


def smooth(line: Points | NDArray[np.float64]) -> NDArray[np.float64]:
    """A stroke with its corners cut once (Chaikin 1974, DOI 10.1016/0146-664X(74)90028-8): some
    devices sampled coarsely. (n, 2) → (2 n, 2); its ends stay."""
    if len(line) < 3:
        return np.asarray(line, float)
    first, second = line[:-1], line[1:]
    inner = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], axis=1)
    return np.concatenate([line[:1], inner.reshape(-1, 2), line[-1:]])
