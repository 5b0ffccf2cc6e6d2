"""Keras callbacks: progress, curves, checkpoints, the schedule of the augmentation."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from tqdm import tqdm

from digits.errors import TrainingError
from digits.files import write_atomically
from digits.training.augment.tiles import Augment

CHECKPOINT = "checkpoint.npz"
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


class Progress(keras.callbacks.Callback):
    """On standard error, a bar within each epoch on a terminal, and a line after the epoch."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._title = f"epoch {epoch + 1:{len(str(self._epochs))}}/{self._epochs}"
        self._bar = tqdm(
            total=self.params["steps"],
            desc=self._title,
            leave=False,
            disable=not sys.stderr.isatty(),
            unit="step",
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._bar.update(batch + 1 - self._bar.n)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._bar.close()
        values = logs or {}
        line = f"{self._title}   loss {values['loss']:.4f}   accuracy {values['accuracy']:.2%}"
        if "val_accuracy" in values:
            line += f"   validation {values['val_accuracy']:.2%}"
        tqdm.write(line, file=sys.stderr)


class Checkpoint(keras.callbacks.Callback):
    """Saves the state of a training, and its curves so far, after each epoch.

    The state is every variable of model and optimizer, including those of random generators, so
    that a resumed run continues bit for bit.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.rows: list[dict[str, float]] = []

    @property
    def epoch(self) -> int:
        """The number of finished epochs."""
        return len(self.rows)

    @property
    def seconds(self) -> float:
        """The time of all finished epochs."""
        return sum(row["seconds"] for row in self.rows)

    def restore(self, model: keras.Model) -> None:
        """Restore model and optimizer from the last checkpoint, if there is one.

        Raises TrainingError if it is damaged or belongs to another network.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        try:
            with np.load(path) as saved:
                rows = saved["rows"].tolist()
                values = [saved[f"v{number}"] for number in range(len(saved.files) - 1)]
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise TrainingError(
                f"{path} is damaged ({error}); delete it to start this run again"
            ) from error
        variables = state(model)
        if [value.shape for value in values] != [tuple(each.shape) for each in variables]:
            raise TrainingError(
                f"{path} holds another network than the recipe describes; train into another folder"
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.perf_counter() - self._started
        values = (logs or {}) | {"epoch": epoch + 1, "seconds": seconds}
        if not np.isfinite(values["loss"]):
            raise TrainingError(
                f"the training diverged: the loss is {values['loss']} after epoch {epoch + 1}; "
                "lower learning_rate in the recipe"
            )
        self.rows.append({name: float(values.get(name, np.nan)) for name in COLUMNS})
        variables = enumerate(state(self.model))
        arrays: dict[str, Any] = {f"v{i}": np.asarray(value) for i, value in variables}
        content = io.BytesIO()
        np.savez(content, rows=[list(row.values()) for row in self.rows], **arrays)
        write_atomically(self.folder / CHECKPOINT, content.getvalue())
        write_atomically(self.folder / "curves.csv", curves_csv(self.rows))


class CleanSchedule(keras.callbacks.Callback):
    """Leaves a fraction of the tiles without augmentation; `clean` gives it for each epoch."""

    def __init__(self, augment: Augment, clean: Sequence[float]) -> None:
        super().__init__()
        self._augment = augment
        self._clean = clean

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._augment.fraction.assign(1 - self._clean[epoch])


def curves_csv(rows: list[dict[str, float]]) -> str:
    """The curves as CSV: a row per epoch, columns as in COLUMNS; empty where not measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            [int(row["epoch"])] + ["" if np.isnan(row[n]) else f"{row[n]:.6g}" for n in COLUMNS[1:]]
        )
    return text.getvalue()


def state(model: keras.Model) -> list[Any]:
    """Every variable of model and optimizer, those of random generators among them."""
    return [*model.variables, *model.optimizer.variables]
