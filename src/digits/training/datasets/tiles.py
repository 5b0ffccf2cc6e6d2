"""What a recipe learns from: MNIST's training digits, drawn digits, and those kept back."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.data.writers import rows_kept_back
from digits.errors import TrainingError
from digits.model.inputs import normalise_tile
from digits.synth.clutter import clutter
from digits.synth.pen import drawn_digits
from digits.training.recipe import Material

CLASSES = 10
CLUTTER = 10  # the label of ink that is no digit


@dataclass(frozen=True, slots=True)
class Digits:
    """Labelled tiles: images (N, 28, 28) uint8, labels (N,) uint8; label 10 is clutter."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def sha256(self) -> str:
        """One sum over all images and labels."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()


def load_material(material: Material, seed: int, data: Path | None) -> tuple[Digits, Digits]:
    """The digits to learn from, and those kept back to validate and calibrate on.

    Raises DataError if MNIST cannot be had, TrainingError if more digits are to be kept back than
    there are by writers set aside for it.
    """
    images, labels = mnist.load("train", data)
    rows = rows_kept_back()
    if material.validation > len(rows):
        raise TrainingError(
            f"the recipe keeps back {material.validation} digits, and {len(rows)} are by writers "
            "set aside for it; lower `validation` in the recipe"
        )
    kept = rows[: material.validation]
    learned = np.delete(np.arange(len(labels)), kept)
    learn, validate = Digits(images[learned], labels[learned]), Digits(images[kept], labels[kept])
    sources = [learn]
    if made := material.drawn + material.clutter:
        print(f"drawing {made:,} pieces of ink to learn from", file=sys.stderr)
    if material.drawn:
        sources.append(_normalised(*drawn_digits(material.drawn, seed)))
    if material.clutter:
        inks = clutter(material.clutter, seed)
        sources.append(_normalised(inks, np.full(len(inks), CLUTTER, np.uint8)))
    return _joined(sources), validate


def unseen_clutter(seed: int, count: int = 3000) -> NDArray[np.uint8]:
    """(count, 28, 28) tiles of clutter that no training of this seed has seen."""
    return np.stack([normalise_tile(ink) for ink in clutter(count, seed + 1_000_000)])


def _normalised(inks: list[NDArray[np.uint8]], labels: NDArray[np.uint8]) -> Digits:
    return Digits(np.stack([normalise_tile(ink) for ink in inks]), labels)


def _joined(sources: list[Digits]) -> Digits:
    return Digits(
        np.concatenate([each.images for each in sources]),
        np.concatenate([each.labels for each in sources]),
    )


class Batches(keras.utils.PyDataset):
    """Shuffled batches of tiles and targets.

    The order is a function of seed and epoch alone, so that a run that was interrupted sees the
    same batches as one that was not.
    """

    def __init__(self, digits: Digits, batch_size: int, seed: int, epoch: int) -> None:
        super().__init__()
        self._digits = digits
        self._targets = targets(digits.labels)
        self._batch_size = batch_size
        self._seed = seed
        self._begin(epoch)

    def __len__(self) -> int:
        return -(-len(self._digits) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._digits.images[rows], self._targets[rows]

    def on_epoch_end(self) -> None:
        self._begin(self._epoch + 1)

    def _begin(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._digits))


def targets(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 10) float32: 1 at each digit, 0.1 everywhere for clutter."""
    return np.vstack([np.eye(CLASSES), np.full(CLASSES, 0.1)]).astype(np.float32)[labels]
