"""Training and validation tiles: digits of MNIST, of drawn hands and real pens; clutter."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.data.writers import validation_rows
from digits.errors import TrainingError
from digits.model.inputs import normalise_tile
from digits.model.spec import CLASSES
from digits.synth.clutter import clutter
from digits.synth.pen import drawn_digits
from digits.synth.stroke_hand import People
from digits.synth.stroke_tiles import people_digits, people_signs
from digits.training.recipe import Dataset

CLUTTER = CLASSES  # the label of tiles without a digit
CLUTTER_SEED = 1_000_000  # added to the seed for clutter that is not trained on
UNSEEN = 3000  # tiles without a digit for calibration


@dataclass(frozen=True, slots=True)
class Digits:
    """Labelled tiles: images (N, 28, 28) uint8, labels (N,) uint8; label CLUTTER: no digit."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def sha256(self) -> str:
        """One SHA-256 of all images and labels."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()


def load_dataset(dataset: Dataset, seed: int, data: Path | None) -> tuple[Digits, Digits]:
    """Training digits, and validation digits by other writers.

    data: the folder of MNIST and of the pen strokes, or None for the usual places. Raises DataError
    if MNIST cannot be had, or pen strokes that the recipe asks for; TrainingError if there are
    fewer digits by validation writers than `dataset.validation`.
    """
    images, labels = mnist.load("train", data)
    rows = validation_rows()
    if dataset.validation > len(rows):
        raise TrainingError(
            f"the recipe asks for {dataset.validation} validation digits, and the validation "
            f"writers wrote {len(rows)}; lower `validation` in the recipe"
        )
    held_out = rows[: dataset.validation]
    rest = np.delete(np.arange(len(labels)), held_out)
    parts = [Digits(images[rest], labels[rest])]
    parts += _made(dataset, seed, data)
    return _concatenated(parts), Digits(images[held_out], labels[held_out])


def _made(dataset: Dataset, seed: int, data: Path | None) -> Iterator[Digits]:
    """The tiles that are drawn for a recipe: digits, then those without one."""
    by_people = dataset.people + dataset.signs
    if made := dataset.drawn + dataset.clutter + by_people:
        print(f"drawing {made:,} training tiles", file=sys.stderr)
    people = People.open("train", data) if by_people else None
    if dataset.drawn:
        yield _normalised(*drawn_digits(dataset.drawn, seed))
    if people and dataset.people:
        yield _normalised(*people_digits(people, dataset.people, seed))
    inks = clutter(dataset.clutter, seed)
    if people:
        inks += people_signs(people, dataset.signs, seed)
    if inks:
        yield _normalised(inks, np.full(len(inks), CLUTTER, np.uint8))


def unseen_clutter(seed: int, count: int = UNSEEN) -> NDArray[np.uint8]:
    """(count, 28, 28) uint8 tiles of clutter that no training with this seed is given."""
    return np.stack([normalise_tile(ink) for ink in clutter(count, seed + CLUTTER_SEED)])


def unseen_negatives(dataset: Dataset, seed: int, data: Path | None) -> NDArray[np.uint8]:
    """(3000, 28, 28) uint8 tiles without a digit: clutter, and signs by validation people.

    As many are signs as in training. Raises DataError if pen strokes are needed and not there.
    """
    signs = UNSEEN * dataset.signs // max(dataset.signs + dataset.clutter, 1)
    tiles = unseen_clutter(seed, UNSEEN - signs)
    if not signs:
        return tiles
    inks = people_signs(People.open("validation", data), signs, seed)
    return np.concatenate([tiles, [normalise_tile(ink) for ink in inks]])


def _normalised(inks: list[NDArray[np.uint8]], labels: NDArray[np.uint8]) -> Digits:
    return Digits(np.stack([normalise_tile(ink) for ink in inks]), labels)


def _concatenated(parts: list[Digits]) -> Digits:
    return Digits(
        np.concatenate([each.images for each in parts]),
        np.concatenate([each.labels for each in parts]),
    )


class TileBatches(keras.utils.PyDataset):
    """Shuffled batches of tiles (N, 28, 28) uint8 and targets (N, 10) float32.

    The order is a function of seed and epoch alone, so that a resumed run gets the same batches.
    """

    def __init__(self, digits: Digits, batch_size: int, seed: int, epoch: int) -> None:
        super().__init__()
        self._digits = digits
        self._targets = targets(digits.labels)
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle(epoch)

    def __len__(self) -> int:
        return -(-len(self._digits) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._digits.images[rows], self._targets[rows]

    def on_epoch_end(self) -> None:
        self._shuffle(self._epoch + 1)

    def _shuffle(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._digits))


def targets(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 10) float32: one-hot for digits, uniform for clutter."""
    return np.vstack([np.eye(CLASSES), np.full(CLASSES, 1 / CLASSES)]).astype(np.float32)[labels]
