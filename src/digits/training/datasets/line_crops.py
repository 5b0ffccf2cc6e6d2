"""Batches of line crops that a recogniser learns from."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from digits.model.inputs import local_contrast
from digits.model.spec import CHANNELS, LINE_HEIGHT, LINE_SIZE_MULTIPLE, LINE_STRIDE
from digits.reading.page.textline import crop_line
from digits.training.augment.degrade import degrade, elastic
from digits.training.datasets.lines import MAX_TOKENS, Labelled, LineSample, sample_line

GROUP = 4  # batches that are sampled together and sorted by width


class LineCrops(keras.utils.PyDataset):
    """Batches of line crops (N, 48, width, 3) float32 and texts (N, 40) int32, padded with BLANK.

    The crops are a function of seed and epoch alone. With `fixed`, every epoch has the same ones.
    """

    def __init__(
        self,
        labelled: Labelled,
        count: int,
        batch_size: int,
        seed: int,
        epoch: int = 0,
        *,
        fixed: bool = False,
    ) -> None:
        super().__init__()
        self._labelled = labelled
        self._count = count
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._fixed = fixed
        self._group: tuple[tuple[int, int], list[list[LineSample]]] | None = None

    def __len__(self) -> int:
        return -(-self._count // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        samples = self._batches(index // GROUP)[index % GROUP]
        rng = np.random.default_rng([self._seed, self._epoch, index, 1])
        width = -(-max(each.width for each in samples) // LINE_SIZE_MULTIPLE) * LINE_SIZE_MULTIPLE
        if index == 1:  # Keras fixes the dimensions that the first two batches have in common
            width += LINE_SIZE_MULTIPLE
        lines = np.zeros((len(samples), LINE_HEIGHT, width, CHANNELS), np.float32)
        texts = np.zeros((len(samples), MAX_TOKENS), np.int32)
        for line, text, each in zip(lines, texts, samples, strict=True):
            start = int(rng.integers(0, width - each.width + 1)) // LINE_STRIDE * LINE_STRIDE
            line[:, start : start + each.width] = local_contrast(_degraded_crop(each, rng))
            text[: len(each.tokens)] = each.tokens
        return lines, texts

    def on_epoch_end(self) -> None:
        self._epoch += not self._fixed

    def _batches(self, group: int) -> list[list[LineSample]]:
        """The batches of a group; kept, since Keras takes them one after the other."""
        key = (self._epoch, group)
        if self._group is None or self._group[0] != key:
            rng = np.random.default_rng([self._seed, *key])
            count = min(GROUP * self._batch_size, self._count - group * GROUP * self._batch_size)
            samples = sorted(
                (sample_line(self._labelled, rng) for _ in range(count)),
                key=lambda each: each.width,
            )
            size = self._batch_size
            self._group = key, [samples[at : at + size] for at in range(0, count, size)]
        return self._group[1]


def _degraded_crop(sample: LineSample, rng: np.random.Generator) -> NDArray[np.uint8]:
    line = crop_line(sample.grey, sample.matrix, sample.width)
    if rng.random() < 0.5:
        line = elastic(line, 1.5, rng)
    return degrade(line, rng)
