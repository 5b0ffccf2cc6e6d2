"""Sources of synthetic pages: writers, typefaces and papers; training and validation share none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digits.data import mnist
from digits.data.writers import validation_writers, writers
from digits.synth.letters import Script
from digits.synth.paper import PATTERNS
from digits.synth.typefaces import PRINTED, WRITTEN, TypeWriter
from digits.synth.writing import Ink, PenWriter, Random, TileWriter, Writer

MNIST_RATE, TYPEFACE_RATE = 0.35, 0.12  # of the writers; the others are drawn by the pen
SCRIPT_TYPEFACE_RATE = 0.25  # of the scripts of words
VALIDATION = {
    "typefaces": ("bitter", "oswald", "roboto", "delius", "kalam", "zeyada"),
    "patterns": ("dotted", "rings"),
}
"""What only validation pages have, besides MNIST's validation writers."""


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What a page can be made of.

    tiles: for each writer of MNIST, (N, 28, 28) uint8 for each digit. written, printed: families
    of typefaces. patterns: names of paper.PATTERNS.
    """

    tiles: tuple[Mapping[int, Ink], ...]
    written: tuple[str, ...]
    printed: tuple[str, ...]
    patterns: tuple[str, ...]

    @classmethod
    def open(cls, part: str, data: Path | None = None) -> Sources:
        """The sources of a part, "train" or "validation".

        data: the folder of MNIST, or None for the usual places. Raises DataError without it.
        """
        is_validation = part == "validation"
        images, labels = mnist.load("train", data)
        return cls(
            tiles=_tiles(images, labels, is_validation),
            written=_part(WRITTEN, VALIDATION["typefaces"], is_validation),
            printed=_part(PRINTED, VALIDATION["typefaces"], is_validation),
            patterns=_part(tuple(PATTERNS), VALIDATION["patterns"], is_validation),
        )

    def writer(self, rng: Random) -> Writer:
        """A random writer of numbers."""
        kind = rng.random()
        if kind < MNIST_RATE:
            return TileWriter(self.tiles[rng.integers(len(self.tiles))], Script.sample(rng))
        if kind < MNIST_RATE + TYPEFACE_RATE:
            return TypeWriter.sample(self.written, rng)
        return PenWriter.sample(rng)

    def script(self, rng: Random) -> Script | TypeWriter:
        """A random script of words."""
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
