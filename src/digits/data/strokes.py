"""Pen strokes of 737 people: digits, letters, symbols, words and lines of text.

Source: UNIPEN train_r01_v07 (Guyon et al. 1994, DOI 10.1109/ICPR.1994.576870), released by the
International Unipen Foundation under CC BY 4.0, DOI 10.5281/zenodo.1195803.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KINDS = ("digits", "letters", "symbols", "words", "text")
PARTS = ("train", "validation", "test")
SHARED = ("hpb", "hpp", "sta")  # contributors that collected from the same people, in part
SPLIT_SEED = 737  # of the draw that splits the people, once
HELD_OUT = 0.12  # fraction of the people in validation, and in test

Points = NDArray[np.int16]  # (n, 2), x to the right, y down


@dataclass(frozen=True)
class Strokes:
    """N samples of one kind.

    points: (P, 2) int16, x to the right and y down; the box of each sample begins at (0, 0).
    stroke_start: (S + 1,) int32, stroke i being points[stroke_start[i]:stroke_start[i + 1]].
    sample_start: (N + 1,) int32, sample j being strokes sample_start[j] to sample_start[j + 1] - 1.
    label: (N,) what is written. writer: (N,) int32, a number for each person. cut: (N,) bool,
    whether a stroke was cut through, so that its ends are no ends of the pen's. context: (N,) bool,
    whether it was written within a word. unit: height of a digit or capital of the writer.
    """

    points: Points
    stroke_start: NDArray[np.int32]
    sample_start: NDArray[np.int32]
    label: NDArray[np.str_]
    writer: NDArray[np.int32]
    cut: NDArray[np.bool_]
    context: NDArray[np.bool_]
    unit: int

    def __len__(self) -> int:
        return len(self.label)

    def sample(self, index: int) -> list[Points]:
        """The strokes of one sample."""
        first, last = self.sample_start[index : index + 2].tolist()
        bounds = self.stroke_start[first : last + 1].tolist()
        return [self.points[a:b] for a, b in pairwise(bounds)]

    @cached_property
    def by_writer(self) -> dict[int, NDArray[np.intp]]:
        """The indices of each person's samples."""
        order = np.argsort(self.writer, kind="stable")
        people, first = np.unique(self.writer[order], return_index=True)
        return dict(zip(people.tolist(), np.split(order, first[1:]), strict=True))


def are_at_hand(directory: str | os.PathLike[str] | None = None) -> bool:
    """Whether the tables are in a directory."""
    return (Path(directory or os.environ.get("DIGITS_DATA", ".")) / "writers.npz").exists()


def load(kind: str, directory: str | os.PathLike[str] | None = None) -> Strokes:
    """The samples of one of KINDS, from a directory."""
    with np.load(
        Path(directory or os.environ["DIGITS_DATA"]) / f"{kind}.npz", allow_pickle=False
    ) as file:
        arrays = {name: file[name] for name in file.files}
    return Strokes(**arrays | {"unit": int(arrays["unit"])})


def people(part: str, directory: str | os.PathLike[str] | None = None) -> NDArray[np.intp]:
    """The numbers of the people of one of PARTS, ascending.

    A person is in one part with all samples. Contributors that may share people are in "train".
    """
    with np.load(
        Path(directory or os.environ["DIGITS_DATA"]) / "writers.npz", allow_pickle=False
    ) as file:
        contributor = file["contributor"]
    drawn = np.random.default_rng(SPLIT_SEED).random(len(contributor))
    drawn[np.isin(contributor, SHARED)] = 1.0
    edges = {"test": (0.0, HELD_OUT), "validation": (HELD_OUT, 2 * HELD_OUT)}
    low, high = edges.get(part, (2 * HELD_OUT, 2.0))
    return np.flatnonzero((drawn >= low) & (drawn < high))
