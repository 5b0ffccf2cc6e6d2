"""Who wrote which digit of MNIST."""

from __future__ import annotations

import numpy as np

from digits.data import mnist
from digits.data.writers import validation_rows, validation_writers, writers


def test_every_digit_has_a_writer() -> None:
    assert writers().shape == (60_000,)
    assert len(np.unique(writers())) == 539


def test_nobody_wrote_digits_of_both_parts() -> None:
    assert writers("test").shape == (10_000,)
    assert not np.isin(writers("test"), writers()).any()


def test_a_writer_wrote_all_ten_digits_about_equally_often() -> None:
    _, labels = mnist.load("train")
    own = [np.bincount(labels[writers() == each], minlength=10) for each in np.unique(writers())]
    assert np.median([counts.min() for counts in own]) >= 5
    assert max(counts.sum() for counts in own) < 150


def test_rows_kept_back_are_all_those_of_48_writers() -> None:
    rows = validation_rows()
    assert len(np.unique(rows)) == len(rows) > 5000
    assert len(validation_writers()) == len(np.unique(writers()[rows])) == 48
    others = np.delete(writers(), rows)
    assert not np.isin(others, validation_writers()).any()


def test_rows_kept_back_hold_all_classes_about_equally_often() -> None:
    _, labels = mnist.load("train")
    rows = validation_rows()
    assert (np.bincount(labels[rows]) > 0.08 * len(rows)).all()
