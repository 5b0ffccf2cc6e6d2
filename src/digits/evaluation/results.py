"""Results of recipes: a row per training run, and docs/results.md made from the rows."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from digits.errors import DataError
from digits.evaluation.corruptions import CORRUPTIONS, corrupted
from digits.evaluation.metrics import evaluate, mcnemar, wilson_interval
from digits.evaluation.wording import percent, percent_range
from digits.model.classifier import BATCH

Tiles = NDArray[np.uint8]
Row = dict[str, Any]


class TileClassifier(Protocol):
    """A classifier, with or without test-time augmentation."""

    def classify(self, tiles: Tiles, /) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Tiles (N, 28, 28) → probabilities (N, 10) and is_digit (N,)."""
        ...


SINGLES = 500  # tiles that are timed one by one

HEAD = """\
# Results

`make results` rebuilds this page from the rows in `docs/results/`, one per training run; `python
benchmarks/measure.py RUN` adds one. Accuracy is on MNIST's test set, n = 10,000, evaluated once per
network after its last epoch: mean and standard deviation over the seeds, and the Wilson 95 %
interval of the mean for n = 10,000. The other columns are means over the seeds too.
"""


def measure(
    plain: TileClassifier,
    augmented: TileClassifier,
    run: Mapping[str, Any],
    test: tuple[Tiles, NDArray[np.uint8]],
    clutter: Tiles,
) -> Row:
    """The row of one trained network.

    plain, augmented: the classifier without and with test-time augmentation. run: the contents of
    run.json, and `bytes`, the size in ONNX. test: tiles (N, 28, 28) uint8 and labels (N,).
    clutter: (M, 28, 28) uint8 tiles without a digit that are not trained on.
    """
    tiles, labels = test
    probabilities, is_digit = plain.classify(tiles)
    return {
        "recipe": run["recipe"]["name"],
        "seed": run["seed"],
        "parameters": run["parameters"],
        "bytes": run["bytes"],
        "fit_seconds": run["fit_seconds"],
        **_service_of(plain, tiles, labels),
        "wrong": np.flatnonzero(probabilities.argmax(axis=1) != labels).tolist(),
        "accepted": round(float((is_digit >= 0.5).mean()), 5),
        "auroc": round(auroc(is_digit, plain.classify(clutter)[1]), 5),
        "tta": _service_of(augmented, tiles, labels),
        "machine": run["machine"],
        "versions": run["versions"],
        "ensemble": (run["recipe"].get("ensemble") or {}).get("models", []),
    }


def _service_of(classifier: TileClassifier, tiles: Tiles, labels: NDArray[np.uint8]) -> Row:
    """Accuracy, calibration, robustness and speed."""
    score = evaluate(classifier.classify(tiles)[0], labels)
    return {
        "n": score.n,
        "errors": score.errors,
        "accuracy": score.accuracy,
        "log_loss": round(score.log_loss, 5),
        "ece": round(score.ece, 5),
        "robustness": {
            kind: round(_accuracy_of(classifier, corrupted(tiles, kind), labels), 4)
            for kind in CORRUPTIONS
        },
        "tiles_per_second": {
            "1": round(_speed(classifier, tiles[:SINGLES], 1)),
            str(BATCH): round(_speed(classifier, tiles, len(tiles))),
        },
    }


def _accuracy_of(classifier: TileClassifier, tiles: Tiles, labels: NDArray[np.uint8]) -> float:
    return float((classifier.classify(tiles)[0].argmax(axis=1) == labels).mean())


def auroc(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> float:
    """Probability that a positive has a higher value than a negative, ties half; (N,), (M,)."""
    order = np.sort(negative)
    below = np.searchsorted(order, positive, "left") + np.searchsorted(order, positive, "right")
    return float(below.mean() / 2 / len(negative))


def _speed(classifier: TileClassifier, tiles: Tiles, batch: int) -> float:
    """Tiles per second, the best of three runs."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        for start in range(0, len(tiles), batch):
            classifier.classify(tiles[start : start + batch])
        times.append(time.perf_counter() - started)
    return len(tiles) / min(times)


def read_rows(folder: Path) -> list[Row]:
    """All rows in a folder, by recipe and seed. Raises DataError for a line that is no JSON."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            rows += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        except ValueError as error:
            raise DataError(f"{path} holds a line that is no JSON: {error}") from error
    return sorted(rows, key=lambda row: (row["recipe"], row["seed"]))


def keep(row: Row, folder: Path) -> Path:
    """Save a row, in place of one of the same recipe and seed; returns the file."""
    path = folder / f"{row['recipe']}.jsonl"
    others = [each for each in read_rows(folder) if each["recipe"] == row["recipe"]]
    rows = [each for each in others if each["seed"] != row["seed"]] + [row]
    rows.sort(key=lambda each: int(each["seed"]))
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return path


def page(rows: Sequence[Row]) -> str:
    """docs/results.md as text."""
    recipes = _by_recipe(rows)
    augmented = _by_recipe(row for row in rows if "tta" in row)
    sections = [HEAD, _accuracy(recipes), _service(recipes), _robustness(recipes)]
    sections += [_tta(augmented)] if augmented else []
    return "\n".join([*sections, _compared(recipes), _circumstances(rows)])


def _by_recipe(rows: Iterable[Row]) -> dict[str, list[Row]]:
    recipes: dict[str, list[Row]] = {}
    for row in rows:
        recipes.setdefault(row["recipe"], []).append(row)
    return dict(sorted(recipes.items(), key=lambda item: -_mean(item[1], "accuracy")))


def _mean(rows: list[Row], *keys: str) -> float:
    def value(row: Any) -> float:
        for key in keys:
            row = row[key]
        return float(row)

    return statistics.mean(value(row) for row in rows)


def _accuracy(recipes: Mapping[str, list[Row]]) -> str:
    head = ("recipe", "seeds", "accuracy", "95 % interval", "log-loss", "ECE", "weights")
    table = []
    for name, rows in recipes.items():
        accuracy, n = _mean(rows, "accuracy"), rows[0]["n"]
        mean = _spread(rows)
        interval = percent_range(wilson_interval(round(accuracy * n), n))
        loss, ece = f"{_mean(rows, 'log_loss'):.4f}", percent(_mean(rows, "ece"))
        weights = f"{rows[0]['parameters']:,}"
        table.append((f"`{name}`", str(len(rows)), mean, interval, loss, ece, weights))
    together = [
        f"Logits of `{name}` are averaged with those of "
        f"{' and '.join(f'`{each}`' for each in models)} as shipped"
        for name, rows in recipes.items()
        if (models := rows[0].get("ensemble"))
    ]
    return _table("Accuracy", head, table, f"{'; '.join(together)}." if together else "")


def _service(recipes: Mapping[str, list[Row]]) -> str:
    head = ("recipe", "training", "ONNX", "tiles/s one by one", f"in batches of {BATCH}",
            "digits accepted", "AUROC of `is_digit`")  # fmt: skip
    table = [
        (
            f"`{name}`",
            f"{_mean(rows, 'fit_seconds') / 60:.1f} min",
            f"{_mean(rows, 'bytes') / 1000:,.0f} kB",
            f"{_mean(rows, 'tiles_per_second', '1'):,.0f}",
            f"{_mean(rows, 'tiles_per_second', str(BATCH)):,.0f}",
            percent(_mean(rows, "accepted")),
            f"{_mean(rows, 'auroc'):.4f}",
        )
        for name, rows in recipes.items()
    ]
    return _table(
        "Time, size, rejection", head, table,
        "Accepted are test digits with an `is_digit` of at least 0.5; AUROC is of all of them "
        "against 3,000 unseen tiles without a digit (`digits.synth.clutter`).",
    )  # fmt: skip


def _robustness(recipes: Mapping[str, list[Row]]) -> str:
    head = ("recipe", *CORRUPTIONS, "mean")
    table = []
    for name, rows in recipes.items():
        rates = [_mean(rows, "robustness", kind) for kind in CORRUPTIONS]
        shown = [f"{100 * rate:.1f}" for rate in (*rates, statistics.mean(rates))]
        table.append((f"`{name}`", *shown))
    return _table(
        "Damaged tiles", head, table,
        "Accuracy in % on the same test digits with corruptions that no training used "
        "(`digits.evaluation.corruptions`).",
    )  # fmt: skip


def _tta(recipes: Mapping[str, list[Row]]) -> str:
    """The recipes with test-time augmentation, where that was measured."""
    head = ("recipe", "seeds", "accuracy", "log-loss", "ECE", "damaged tiles", "tiles/s in batches")
    table = []
    for name, rows in recipes.items():
        augmented = [row["tta"] for row in rows]
        damaged = statistics.mean(_mean(augmented, "robustness", kind) for kind in CORRUPTIONS)
        loss, ece = f"{_mean(augmented, 'log_loss'):.4f}", percent(_mean(augmented, "ece"))
        speed = f"{_mean(augmented, 'tiles_per_second', str(BATCH)):,.0f}"
        shown = f"{100 * damaged:.1f} %"
        table.append((f"`{name}`", str(len(rows)), _spread(augmented), loss, ece, shown, speed))
    return _table(
        "With test-time augmentation", head, table,
        "The figures above are without it. `Classifier` averages the logits of several views of "
        "uncertain tiles, as do `digits read` and `digits evaluate`.",
    )  # fmt: skip


def _spread(rows: Sequence[Row]) -> str:
    """Mean accuracy and standard deviation over some seeds."""
    mean = percent(statistics.mean(row["accuracy"] for row in rows))
    if len(rows) < 2:
        return mean
    return f"{mean} ± {100 * statistics.stdev(row['accuracy'] for row in rows):.2f}"


def _compared(recipes: Mapping[str, list[Row]]) -> str:
    """Each pair of recipes, first seeds, on the same digits."""
    head = ("first", "second", "only first right", "only second right", "p")
    table = []
    for (first, rows), (second, others) in combinations(recipes.items(), 2):
        right = [np.ones(each["n"], bool) for each in (rows[0], others[0])]
        for each, row in zip(right, (rows[0], others[0]), strict=True):
            each[row["wrong"]] = False
        test = mcnemar(*right)
        p = f"{test.p:.2g}" if test.p >= 1e-4 else "< 0.0001"
        counts = str(test.only_first_right), str(test.only_second_right)
        table.append((f"`{first}`", f"`{second}`", *counts, p))
    return _table("Compared", head, table, "McNemar's exact test, first seed of each.")


def _circumstances(rows: Sequence[Row]) -> str:
    kinds = {
        f"{row['machine']['system']}, {row['machine']['cores']} cores, "
        f"Python {row['versions']['python']}, Keras {row['versions']['keras']}, "
        f"ONNX Runtime {row['versions']['onnxruntime']}"
        for row in rows
    }
    return "## Machine and versions\n\n" + "".join(f"- {kind}\n" for kind in sorted(kinds))


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], words: str = "") -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join([f"## {title}\n", *([words, ""] if words else []), *lines, ""])
