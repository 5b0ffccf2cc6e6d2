"""What pages are made of: writers, typefaces and papers, in two parts that share nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digits.data import mnist
from digits.data.writers import writers, writers_kept_back
from digits.synth.letters import Script
from digits.synth.paper import PATTERNS
from digits.synth.typefaces import PRINTED, WRITTEN, TypeWriter
from digits.synth.writing import Ink, PenWriter, Random, TileWriter, Writer

MNIST_HANDS, TYPEFACES = 0.35, 0.12  # shares of the writers; all others are drawn by the pen
TYPESET = 0.25  # share of the scripts that are typefaces
KEPT_BACK = {
    "typefaces": ("bitter", "oswald", "roboto", "delius", "kalam", "zeyada"),
    "patterns": ("dotted", "rings"),
}
"""What only pages to validate on have, besides the writers of MNIST that are kept back."""


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """tiles: the digits of each writer of MNIST, (N, 28, 28) uint8 for each value. written,
    printed: families of typefaces. patterns: of paper, by name."""

    tiles: tuple[Mapping[int, Ink], ...]
    written: tuple[str, ...]
    printed: tuple[str, ...]
    patterns: tuple[str, ...]

    @classmethod
    def open(cls, part: str, data: Path | None = None) -> Sources:
        """part: "train" or "validation". data: where MNIST is. Raises DataError without it."""
        held = part == "validation"
        images, labels = mnist.load("train", data)
        return cls(
            tiles=_tiles(images, labels, held),
            written=_part(WRITTEN, KEPT_BACK["typefaces"], held),
            printed=_part(PRINTED, KEPT_BACK["typefaces"], held),
            patterns=_part(tuple(PATTERNS), KEPT_BACK["patterns"], held),
        )

    def writer(self, rng: Random) -> Writer:
        """Someone who writes numbers."""
        kind = rng.random()
        if kind < MNIST_HANDS:
            return TileWriter(self.tiles[rng.integers(len(self.tiles))], Script.sample(rng))
        if kind < MNIST_HANDS + TYPEFACES:
            return TypeWriter.sample(self.written, rng)
        return PenWriter.sample(rng)

    def script(self, rng: Random) -> Script | TypeWriter:
        """How someone writes words."""
        if rng.random() < TYPESET:
            return TypeWriter.sample(self.written, rng)
        return Script.sample(rng)


def _part(every: tuple[str, ...], kept_back: tuple[str, ...], held: bool) -> tuple[str, ...]:
    return tuple(name for name in every if (name in kept_back) == held)


def _tiles(images: Ink, labels: Ink, held: bool) -> tuple[Mapping[int, Ink], ...]:
    """The digits of each writer who has at least one of all ten."""
    chosen = np.isin(writers(), writers_kept_back()) == held
    found = []
    for writer in np.unique(writers()[chosen]):
        rows = np.flatnonzero(writers() == writer)
        tiles = {digit: images[rows[labels[rows] == digit]] for digit in range(10)}
        if all(len(each) for each in tiles.values()):
            found.append(tiles)
    return tuple(found)
