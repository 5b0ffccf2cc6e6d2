"""Sources of synthetic pages: writers, typefaces and papers; training and validation share none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digits.data import mnist, strokes
from digits.data.writers import validation_writers, writers
from digits.synth.letters import Script
from digits.synth.paper import PATTERNS
from digits.synth.stroke_hand import People, StrokeHand
from digits.synth.typefaces import PRINTED, WRITTEN, TypeWriter
from digits.synth.writing import Ink, PenWriter, Random, TileWriter, Writer

PEOPLE_RATE, SCRIPT_PEOPLE_RATE = 0.4, 0.6  # of the writers and scripts, where they are known
MNIST_RATE, TYPEFACE_RATE = 0.35, 0.12  # of the other writers; the pen draws the rest
SCRIPT_TYPEFACE_RATE = 0.25  # of the other scripts of words
VALIDATION = {
    "typefaces": ("bitter", "oswald", "roboto", "delius", "kalam", "zeyada"),
    "patterns": ("dotted", "rings"),
}
"""What only validation pages have, besides MNIST's validation writers."""


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What a page can be made of.

    tiles: for each writer of MNIST, (N, 28, 28) uint8 for each digit. written, printed: families
    of typefaces. patterns: names of paper.PATTERNS. people: whose pen strokes are known; None where
    the tables of them are missing.
    """

    tiles: tuple[Mapping[int, Ink], ...]
    written: tuple[str, ...]
    printed: tuple[str, ...]
    patterns: tuple[str, ...]
    people: People | None = None

    @classmethod
    def open(cls, part: str, data: Path | None = None) -> Sources:
        """The sources of a part, "train" or "validation".

        data: the folder of MNIST and of the pen strokes, or None for the usual places. Raises
        DataError without MNIST.
        """
        is_validation = part == "validation"
        images, labels = mnist.load("train", data)
        return cls(
            tiles=_tiles(images, labels, is_validation),
            written=_part(WRITTEN, VALIDATION["typefaces"], is_validation),
            printed=_part(PRINTED, VALIDATION["typefaces"], is_validation),
            patterns=_part(tuple(PATTERNS), VALIDATION["patterns"], is_validation),
            people=People.open(part, data) if strokes.are_at_hand(data) else None,
        )

    def writer(self, rng: Random) -> Writer:
        """A random writer of numbers."""
        if self.people is not None and rng.random() < PEOPLE_RATE:
            return self.people.hand(rng)
        kind = rng.random()
        if kind < MNIST_RATE:
            return TileWriter(self.tiles[rng.integers(len(self.tiles))], Script.sample(rng))
        if kind < MNIST_RATE + TYPEFACE_RATE:
            return TypeWriter.sample(self.written, rng)
        return PenWriter.sample(rng)

    def script(self, writer: Writer, rng: Random) -> Script | TypeWriter | StrokeHand:
        """A random script of words, the writer's own where words of this person are known."""
        if isinstance(writer, StrokeHand) and writer.has_words:
            return writer
        if self.people is not None and rng.random() < SCRIPT_PEOPLE_RATE:
            return self.people.script(rng)
        if rng.random() < SCRIPT_TYPEFACE_RATE:
            return TypeWriter.sample(self.written, rng)
        return Script.sample(rng)


def _part(
    every: tuple[str, ...], validation: tuple[str, ...], is_validation: bool
) -> tuple[str, ...]:
    return tuple(name for name in every if (name in validation) == is_validation)


def _tiles(images: Ink, labels: Ink, is_validation: bool) -> tuple[Mapping[int, Ink], ...]:
    """The digits of each writer who wrote all ten."""
    chosen = np.isin(writers(), validation_writers()) == is_validation
    found = []
    for writer in np.unique(writers()[chosen]):
        rows = np.flatnonzero(writers() == writer)
        tiles = {digit: images[rows[labels[rows] == digit]] for digit in range(10)}
        if all(len(each) for each in tiles.values()):
            found.append(tiles)
    return tuple(found)
