"""The curves of training runs as a picture."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from digits.errors import require
from digits.files import write_atomically

TRAINING, VALIDATION = "#0072b2", "#d55e00"  # safe for colour-blind readers (Wong 2011)


def draw_curves(runs: list[list[dict[str, float]]], path: Path, title: str) -> None:
    """Draw loss and error rate over the epochs as a PNG: the mean of the runs and their range.

    runs: the rows of each run, one per epoch, with the columns of curves.csv, and as many as the
    others have. Raises MissingExtraError without Matplotlib.
    """
    require("matplotlib", "report")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    loss, error = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in runs[0]]
    marks = {"markersize": 3, "marker": "o", "linewidth": 1.5}
    for axes, name, scale in ((loss, "loss", 1), (error, "accuracy", 100)):
        for prefix, colour, label in (
            ("", TRAINING, "training, augmented"),
            ("val_", VALIDATION, "validation"),
        ):
            values = np.array([[row[prefix + name] for row in rows] for rows in runs])
            values = scale * (1 - values if name == "accuracy" else values)
            axes.plot(epochs, values.mean(axis=0), color=colour, label=label, **marks)
            low, high = values.min(axis=0), values.max(axis=0)
            axes.fill_between(epochs, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.vlines(epochs, low, high, color=colour, alpha=0.5)  # a single epoch has no area
        axes.set(xlabel="epoch", yscale="log", xlim=(0.5, max(epochs) + 0.5))
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    loss.set_title(f"{title}: loss", loc="left")
    error.set_title("errors, %", loc="left")
    loss.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    write_atomically(path, content.getvalue())


def read_curves(path: Path) -> list[dict[str, float]]:
    """The rows of curves.csv; NaN where nothing was measured."""
    with path.open(newline="", encoding="utf-8") as lines:
        return [
            {name: float(value or "nan") for name, value in row.items()}
            for row in csv.DictReader(lines)
        ]
