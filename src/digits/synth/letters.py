"""A parametric pen that writes words in synthetic scripts.

Letters are drawn as words: within a word an l is no 1 and an o no 0, however similar they are.

Notation: `|` separates strokes, blanks separate points; a point is its column, 0 to 9, and its row:
0 the top of capitals, 3 the top of an x, 6 the writing line, 9 the bottom of a g. All strokes are
curves, in which a point given twice is a corner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.synth.pen import spline

Line = NDArray[np.float32]

CURSIVE = {
    "a": "44 23 04 05 16 35 43 43 45 56 65",
    "b": "05 32 40 20 12 06 26 45 44 33 53",
    "c": "34 23 13 04 05 16 36 55",
    "d": "44 23 04 05 16 35 43 50 50 45 56 65",
    "e": "05 34 43 23 04 05 16 36 55",
    "f": "05 32 40 20 24 18 09 07 26 55",
    "g": "44 23 04 15 35 43 43 47 29 08 26 55",
    "h": "05 32 40 20 12 06 06 14 33 44 46 55",
    "i": "05 23 23 15 26 45 | 21 21",
    "j": "05 33 33 27 19 08 26 45 | 31 31",
    "k": "05 32 40 20 12 06 06 14 33 43 34 14 25 46 55",
    "l": "05 32 40 20 12 15 26 45",
    "m": "04 13 16 16 14 33 36 36 34 53 56 65",
    "n": "04 13 16 16 14 33 43 45 56 65",
    "o": "33 13 04 05 26 45 44 33 24 54",
    "p": "04 13 19 19 14 33 44 45 26 16 45",
    "q": "44 23 04 15 35 43 43 49 49 57",
    "r": "05 23 22 33 53 45 56 65",
    "s": "05 33 33 34 45 36 16 06 36 55",
    "t": "05 20 20 15 26 45 | 02 42",
    "u": "04 13 15 26 45 53 53 55 66 75",
    "v": "04 13 16 26 44 43 53",
    "w": "04 13 15 26 45 43 45 56 75 73 83",
    "x": "04 13 26 46 55 | 53 06",
    "y": "04 13 15 26 45 53 53 48 29 08 36 65",
    "z": "04 23 43 06 26 37 29 08 26 55",
}
PRINT = {
    "a": "43 23 04 05 16 35 43 43 46",
    "b": "00 06 06 04 23 44 45 26 06",
    "c": "43 23 04 05 26 45",
    "d": "43 23 04 05 16 35 43 40 40 46",
    "e": "04 44 44 33 13 04 05 26 45",
    "f": "40 20 12 16 | 03 33",
    "g": "43 23 04 15 35 43 43 47 29 08",
    "h": "00 06 06 04 23 34 36",
    "i": "03 06 | 01 01",
    "j": "23 27 19 08 | 21 21",
    "k": "00 06 | 33 04 36",
    "l": "00 06",
    "m": "03 06 06 04 23 24 26 26 24 43 44 46",
    "n": "03 06 06 04 23 34 36",
    "o": "23 04 05 26 45 44 23",
    "p": "03 09 09 04 23 44 45 26 06",
    "q": "43 23 04 05 16 35 43 43 49",
    "r": "03 06 06 04 23 33",
    "s": "33 13 04 34 35 16 06",
    "t": "10 15 26 36 | 02 32",
    "u": "03 05 16 35 43 43 46",
    "v": "03 03 26 26 43",
    "w": "03 03 16 16 33 33 46 46 63",
    "x": "03 36 | 33 06",
    "y": "03 03 26 | 43 09",
    "z": "03 03 33 33 06 06 36",
}
CAPITALS = {
    "A": "06 06 30 30 56 | 14 44",
    "B": "00 06 | 00 30 31 23 03 03 44 45 26 06",
    "C": "51 30 02 04 26 45 55",
    "D": "00 06 | 00 30 52 54 36 06",
    "E": "40 00 00 06 06 46 | 03 33",
    "F": "40 00 00 06 | 03 33",
    "G": "51 30 02 04 26 46 54 54 34",
    "H": "00 06 | 40 46 | 03 43",
    "I": "10 16 | 00 20 | 06 26",
    "J": "40 45 26 05",
    "K": "00 06 | 40 03 03 46",
    "L": "00 06 06 46",
    "M": "06 00 00 34 34 60 60 66",
    "N": "06 00 00 46 46 40",
    "O": "30 02 04 26 44 42 30",
    "P": "00 06 | 00 30 41 33 03",
    "Q": "30 02 04 26 44 42 30 | 35 57",
    "R": "00 06 | 00 30 41 33 03 03 46",
    "S": "41 20 01 23 35 26 05",
    "T": "00 50 | 20 26",
    "U": "00 04 26 44 40",
    "V": "00 00 26 26 50",
    "W": "00 00 26 26 41 41 66 66 80",
    "X": "00 46 | 40 06",
    "Y": "00 00 23 | 50 16",
    "Z": "00 00 40 40 06 06 46",
}
FREQUENCY = {
    "e": 11, "t": 9, "a": 8, "o": 8, "i": 7, "n": 7, "s": 6, "h": 6, "r": 6, "d": 4, "l": 4,
    "c": 3, "u": 3, "m": 3, "w": 2, "f": 2, "g": 2, "y": 2, "p": 2, "b": 2, "v": 1, "k": 1, "j": 1,
    "x": 1, "q": 1, "z": 1,
}  # fmt: skip
"""Frequency of letters in English, in percent."""
LONE = "AEFHKMNRTVWXaehkmnrwx"  # letters that resemble no digit when isolated
ALIKE = "abceegiillnnoooqrssttuyzz"  # letters of words that are confused with digits
ALIKE_CAPITALS = "BDGILOOQSSZ"
MISTAKEABLE = frozenset("bgiloqsyzBDGIOQSZ")  # a word of these alone could be a number
OTHERS = {
    "b": "00 05 16 35 44 33 04",
    "e": "14 34 43 23 04 05 16 36 45",
    "f": "42 30 21 18 09 | 03 43",
    "g": "43 23 04 15 35 43 43 47 29 08 16 45",
    "h": "10 06 05 24 33 44 36",
    "k": "00 06 | 32 14 14 46",
    "l": "10 20 15 26 36",
    "o": "23 04 16 35 43 23 34 44",
    "r": "03 06 05 13 23",
    "s": "43 23 04 24 35 26 06",
    "t": "20 15 26 35 | 03 43",
    "u": "03 15 26 35 43",
    "z": "03 33 33 06 06 36 | 14 34",
}  # other forms of unjoined letters
UNKNOWNS = (
    "03 13 24 25 16 06 | 43 33 24 25 36 46",
    "04 13 23 24 15 06 | 24 25 36 46",
    "04 13 23 24 15 06 | 43 34 25 36 45",
)  # forms of an x in mathematics, which resemble a 2


def make_up_word(rng: np.random.Generator) -> str:
    """One to eleven random letters by their frequency; some words have capitals."""
    length = 1 + rng.binomial(10, 0.4)
    if length == 1:
        return str(rng.choice(list(LONE)))
    probabilities = np.array(list(FREQUENCY.values())) / sum(FREQUENCY.values())
    word = "".join(rng.choice(list(FREQUENCY), length, p=probabilities))
    style = rng.random()
    if style > 0.85:
        letters = ALIKE_CAPITALS if style > 0.97 else ALIKE
        word = "".join(rng.choice(list(letters), length))
    elif style < 0.25:
        word = word.upper() if style < 0.07 else word.capitalize()
    return word if set(word) - MISTAKEABLE else _unmistakable(word, rng)


def _unmistakable(word: str, rng: np.random.Generator) -> str:
    """The word with one letter replaced by one that resembles no digit."""
    plain = [letter for letter in LONE if letter.isupper() == word[-1].isupper()]
    index = int(rng.integers(len(word)))
    return word[:index] + str(rng.choice(plain)) + word[index + 1 :]


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """The letters of one synthetic writer.

    shapes: the strokes (N, 2) of each letter, in heights of a capital, y down from its top.
    joined: probability that a letter is joined to the next. slant: x gained per unit of
    height. spacing: between letters. jitter: scatter of points from one time to the next. The
    last two in heights of a capital.
    """

    shapes: Mapping[str, tuple[Line, ...]]
    joined: float
    slant: float
    spacing: float
    jitter: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Script:
        """A random script."""
        joined = rng.uniform(0.7, 1) if rng.random() < 0.6 else 0.0
        stretch = np.exp(rng.normal(0, 0.2)), np.exp(rng.normal(-0.05, 0.1))
        small = dict(CURSIVE)
        if not joined:  # unjoined scripts mix forms
            mixed = rng.random() if rng.random() < 0.5 else 0.0
            for letter, notation in PRINT.items():
                if rng.random() >= mixed:
                    other = OTHERS.get(letter, notation)
                    small[letter] = other if rng.random() < 0.4 else notation
        if rng.random() < 0.7:
            small["x"] = str(rng.choice(UNKNOWNS))
        scatter = rng.uniform(0.02, 0.08)
        shapes = {
            letter: tuple(
                (points * stretch / 6 + scatter * rng.standard_normal(points.shape)).astype(
                    np.float32
                )
                for points in _strokes(notation)
            )
            for letter, notation in {**small, **CAPITALS}.items()
        }
        return cls(
            shapes=shapes,
            joined=joined,
            slant=float(np.clip(rng.normal(0.2, 0.2), -0.2, 0.6)),
            spacing=rng.uniform(0.02, 0.14) if joined else rng.uniform(0.08, 0.3),
            jitter=rng.uniform(0.005, 0.025),
        )

    def word(self, text: str, rng: np.random.Generator) -> tuple[Line, ...]:
        """The strokes of a word of letters a to z, A to Z; from x = 0 on, the line at y = 1."""
        pen: list[Line] = []  # of the stroke that goes on from letter to letter
        strokes: list[Line] = []
        left = 0.0
        for letter in text:
            first, *others = (
                stroke + self.jitter * rng.standard_normal(stroke.shape).astype(np.float32)
                for stroke in self.shapes[letter]
            )
            shift = np.array([left - min(float(first[:, 0].min()), 0), 0], np.float32)
            if rng.random() >= self.joined or letter.isupper():
                strokes += self._lifted(pen)
                pen = []
            pen.append(first + shift)
            strokes += [spline(other + shift, np.ones(len(other), np.float32)) for other in others]
            left = max(float(stroke[:, 0].max()) for stroke in (first, *others)) + float(shift[0])
            left += self.spacing * rng.uniform(0.6, 1.4)
        strokes += self._lifted(pen)
        lean = np.array([[1, 0], [-self.slant, 1]], np.float32)
        return tuple((stroke - (0, 1)).astype(np.float32) @ lean + (0, 1) for stroke in strokes)

    def _lifted(self, pen: list[Line]) -> list[Line]:
        points = np.concatenate(pen) if pen else np.empty((0, 2), np.float32)
        return [spline(points, np.ones(len(points), np.float32))] if len(points) else []


def _strokes(notation: str) -> list[Line]:
    return [
        np.array([[int(value) for value in point] for point in part.split()], np.float32)
        for part in notation.split("|")
    ]
