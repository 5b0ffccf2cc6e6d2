"""Single digits, letters and signs by real people, as ink to make tiles of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digits.synth.signs import LETTERS
from digits.synth.stroke_hand import People

HEIGHTS = (60, 90)  # pixels of a digit
LETTERS_UNLIKE_DIGITS = "".join(sorted(LETTERS))
"""Letters that a careful person would not call a digit."""
SIGNS_UNLIKE_DIGITS = ".:-+=*%#"  # enlarged, a comma may be a 1 or a 9

Ink = NDArray[np.uint8]


def people_digits(people: People, count: int, seed: int) -> tuple[list[Ink], NDArray[np.uint8]]:
    """`count` digits, each by a random person with a random pen; the same for one `seed`.

    Returns ink maps (H, W) uint8, 0 paper to 255 ink, and their labels (count,) uint8. Everybody
    counts alike, however much they wrote.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    return [_ink(people, str(label), rng) for label in labels.tolist()], labels


def people_signs(people: People, count: int, seed: int) -> list[Ink]:
    """`count` letters and signs that resemble no digit, half of each; see `people_digits`."""
    rng = np.random.default_rng(seed)
    kinds: Sequence[str] = (LETTERS_UNLIKE_DIGITS, SIGNS_UNLIKE_DIGITS)
    chosen = (kinds[index] for index in rng.integers(0, 2, count).tolist())
    return [_ink(people, kind[int(rng.integers(len(kind)))], rng) for kind in chosen]


def _ink(people: People, character: str, rng: np.random.Generator) -> Ink:
    return people.hand(rng).write(character, int(rng.integers(*HEIGHTS)), rng).ink
