"""The curves of a training run as a picture."""

from __future__ import annotations

import io
from pathlib import Path

from digits.errors import require
from digits.files import write_atomically

TRAINING, VALIDATION = "#0072b2", "#d55e00"  # safe for colour-blind readers (Wong 2011)


def draw_curves(rows: list[dict[str, float]], path: Path, title: str) -> None:
    """Draw loss and error rate over the epochs as a PNG.

    rows: one per epoch, with the columns of curves.csv. Raises MissingExtraError without
    Matplotlib.
    """
    require("matplotlib", "report")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    loss, error = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    marks = {"markersize": 3, "marker": "o", "linewidth": 1.5}
    for axes, name, scale in ((loss, "loss", 1), (error, "accuracy", 100)):
        for prefix, colour, label in (
            ("", TRAINING, "training, augmented"),
            ("val_", VALIDATION, "validation"),
        ):
            values = [row[prefix + name] for row in rows]
            if name == "accuracy":
                values = [1 - value for value in values]
            axes.plot(epochs, [scale * v for v in values], color=colour, label=label, **marks)
        axes.set(xlabel="epoch", yscale="log")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    loss.set_title(f"{title}: loss", loc="left")
    error.set_title("errors, %", loc="left")
    loss.legend(frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    write_atomically(path, content.getvalue())
