"""Small tables of pen strokes by people that a test makes up, and sources with or without them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.data import strokes
from digits.synth.sources import Sources
from digits.synth.stroke_hand import People

UNIT = 1000  # height of a digit
WORDS, TEXTS = ("not", "B12"), ("no 17 left", "sum 4,5")

Sample = tuple[str, int, list[NDArray[np.int16]]]  # label, person, strokes


def open_sources(part: str) -> Sources:
    """The sources of a part, without pen strokes, whether or not their tables are at hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strokes, "are_at_hand", lambda directory: False)
        return Sources.open(part)


def sources_of(people: People) -> Sources:
    """Those for training, with these people."""
    return replace(open_sources("train"), people=people)


def write_people(folder: Path, count: int = 4, signs: str = ".-", contributor: str = "sta") -> Path:
    """Tables of as many people, all of them in "train" if they are of that contributor.

    Each writes every digit, the letters a and B, these signs, WORDS and TEXTS; the later, the
    broader, up to the sixteenth. Person 0 writes no signs, the last one no words or texts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = range(count)
    tables: dict[str, list[Sample]] = {
        "digits": [(c, p, [_stroke(c, p, UNIT)]) for p in people for c in "0123456789"],
        "letters": [(c, p, [_stroke(c, p, UNIT)]) for p in people for c in "aB"],
        "symbols": [(c, p, [_sign(c)]) for p in people[1:] for c in signs],
        "words": [(text, p, _line(text, p)) for p in people[:-1] for text in WORDS],
        "text": [(text, p, _line(text, p)) for p in people[:-1] for text in TEXTS],
    }
    for kind, samples in tables.items():
        np.savez(folder / f"{kind}.npz", **_arrays(samples))
    np.savez(folder / "writers.npz", contributor=np.array([contributor] * count))
    names = (*strokes.KINDS, strokes.WRITERS)
    sums = {
        name: hashlib.sha256((folder / f"{name}.npz").read_bytes()).hexdigest() for name in names
    }
    (folder / strokes.SUMS).write_text(json.dumps({"source": "a test", "sha256": sums}), "utf-8")
    return folder


def width_of(person: int) -> float:
    """Of the characters of a person, in heights."""
    return 0.3 + 0.15 * (person % 16)


def _stroke(character: str, person: int, height: float) -> NDArray[np.int16]:
    """A zigzag downwards with a turn that depends on the character."""
    turn = 0.2 + ord(character) % 7 / 10
    points = np.array([(0, 0), (1, turn / 2), (0, turn), (1, 1)]) * (width_of(person), 1)
    return np.rint(height * points).astype(np.int16)


def _sign(character: str) -> NDArray[np.int16]:
    return np.array([(0, 0), (400, 20)] if character == "-" else [(0, 0)], np.int16)


def _line(text: str, person: int) -> list[NDArray[np.int16]]:
    step = UNIT * (width_of(person) + 0.2)
    return [
        _stroke(character, person, UNIT) + np.array([round(index * step), 0], np.int16)
        for index, character in enumerate(text)
        if character != " "
    ]


def _arrays(samples: Sequence[Sample]) -> dict[str, NDArray[np.generic]]:
    lines = [stroke for *_, each in samples for stroke in each]
    return {
        "points": np.concatenate([np.zeros((0, 2), np.int16), *lines]),
        "stroke_start": np.cumsum([0, *map(len, lines)]).astype(np.int32),
        "sample_start": np.cumsum([0, *(len(each) for *_, each in samples)]).astype(np.int32),
        "label": np.array([label for label, *_ in samples], np.str_),
        "writer": np.array([person for _, person, _ in samples], np.int32),
        "cut": np.zeros(len(samples), bool),
        "context": np.zeros(len(samples), bool),
        "unit": np.int32(UNIT),
    }
