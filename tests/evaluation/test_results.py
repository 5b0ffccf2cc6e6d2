from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.errors import DataError
from digits.evaluation.corruptions import CORRUPTIONS
from digits.evaluation.results import Row, auroc, keep, measure, page, read_rows
from digits.model.classifier import Classifier
from digits.model.store import SHIPPED

ROOT = Path(__file__).parents[2]
CARD = json.loads((SHIPPED / "default" / "classifier" / "model.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def row(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> Row:
    images, labels = mnist_test
    blank = np.zeros((50, 28, 28), np.uint8)
    plain, augmented = Classifier("default", tta=False), Classifier("default")
    return measure(plain, augmented, CARD, (images[:500], labels[:500]), blank)


def test_a_row_holds_the_metrics(row: Row) -> None:
    assert row["recipe"] == "default"
    assert (row["n"], row["errors"]) == (500, len(row["wrong"]))
    assert row["accuracy"] == 1 - row["errors"] / 500
    assert row["accepted"] > 0.95
    augmented = row["tta"]
    assert (augmented["n"], set(augmented["robustness"])) == (500, set(CORRUPTIONS))
    assert augmented["log_loss"] != row["log_loss"]
    assert row["auroc"] > 0.99  # a blank tile is no digit
    assert set(row["robustness"]) == set(CORRUPTIONS)
    assert row["robustness"]["scratches"] < row["accuracy"]
    assert 0 < row["tiles_per_second"]["1"] < row["tiles_per_second"]["256"]
    assert json.loads(json.dumps(row)) == row


def test_rows_are_kept_one_a_seed(row: Row, tmp_path: Path) -> None:
    for seed, accuracy in ((2, 0.5), (1, 0.6), (2, 0.7)):
        keep(row | {"seed": seed, "accuracy": accuracy}, tmp_path)
    keep(row | {"recipe": "another"}, tmp_path)

    kept = [(each["recipe"], each["seed"], each["accuracy"]) for each in read_rows(tmp_path)]

    first = ("another", row["seed"], row["accuracy"])
    assert kept == [first, ("default", 1, 0.6), ("default", 2, 0.7)]


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"mine\.jsonl holds a line that is no JSON"):
        read_rows(tmp_path)


def test_the_page_gives_mean_spread_and_comparison(row: Row) -> None:
    wrong = [[], list(range(10)), [3]]
    rows = [
        row | {"recipe": recipe, "seed": seed, "accuracy": accuracy, "wrong": wrong}
        for recipe, seed, accuracy, wrong in (
            ("a", 0, 0.98, wrong[1]), ("a", 1, 0.99, wrong[2]), ("b", 0, 1.0, wrong[0]),
        )
    ]  # fmt: skip

    text = page(rows)

    assert "| `a` | 2 | 98.50 % ± 0.71 |" in text
    assert "are averaged" not in text
    assert text.index("With test-time augmentation") < text.rindex("| `a` | 2 |")
    assert "| `b` | 1 | 100.00 % |" in text
    assert "| `b` | `a` | 10 | 0 | 0.002 |" in text


def test_the_page_names_the_ensemble(row: Row) -> None:
    best = row | {"recipe": "best", "ensemble": ["large"]}
    assert "Logits of `best` are averaged with those of `large` as shipped." in page([row, best])


def test_the_page_is_what_the_rows_give() -> None:
    rows = read_rows(ROOT / "docs" / "results")
    assert rows
    assert (ROOT / "docs" / "results.md").read_text("utf-8") == page(rows)


def test_auroc_by_hand() -> None:
    high, low = np.array([0.9, 0.8, 0.5], np.float32), np.array([0.1, 0.5], np.float32)
    assert auroc(high, low) == pytest.approx(5.5 / 6)
    assert auroc(low, high) == pytest.approx(0.5 / 6)
    assert auroc(high, high) == 0.5
