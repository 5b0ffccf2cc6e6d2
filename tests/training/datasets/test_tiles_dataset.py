from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stroke_people import write_people

from digits.data import directories, mnist
from digits.data.writers import validation_rows
from digits.errors import DataError, TrainingError
from digits.training.datasets import tiles
from digits.training.datasets.tiles import (
    CLUTTER,
    Digits,
    TileBatches,
    load_dataset,
    targets,
    unseen_clutter,
    unseen_negatives,
)
from digits.training.recipe import Dataset


def test_validation_digits_are_by_other_writers() -> None:
    images, labels = mnist.load("train")
    training, validation = load_dataset(Dataset(validation=1000), seed=0, data=None)

    rows = validation_rows()
    assert (len(training), len(validation)) == (59_000, 1000)
    assert (validation.images == images[rows[:1000]]).all()
    assert (validation.labels == labels[rows[:1000]]).all()
    others = np.delete(np.arange(60_000), rows[:1000])
    assert (training.images == images[others]).all()
    assert (training.labels == labels[others]).all()


def test_drawn_digits_and_clutter_are_added_to_the_training_digits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dataset = Dataset(drawn=30, clutter=20, validation=1000)
    training, validation = load_dataset(dataset, seed=0, data=None)

    assert (len(training), len(validation)) == (59_050, 1000)
    assert training.images.dtype == np.uint8
    assert (training.labels[-50:-20] < 10).all()
    assert (training.labels[-20:] == CLUTTER).all()
    assert (training.images[-50:].max(axis=(1, 2)) > 100).all()
    assert capsys.readouterr().err == "drawing 50 training tiles\n"

    again, _ = load_dataset(dataset, seed=0, data=None)
    other, _ = load_dataset(dataset, seed=1, data=None)
    assert training.sha256() == again.sha256() != other.sha256()


def test_digits_and_signs_of_real_pens_are_added(tmp_path: Path) -> None:
    folder = write_people(tmp_path)
    dataset = Dataset(people=40, signs=30, validation=1000)
    training, _ = load_dataset(dataset, seed=0, data=folder)

    assert len(training) == 59_070
    assert set(training.labels[-70:-30].tolist()) <= set(range(10))
    assert (training.labels[-30:] == CLUTTER).all()
    assert (training.images[-70:].max(axis=(1, 2)) > 100).all()


def test_unseen_negatives_are_as_many_signs_as_in_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_people(tmp_path, count=40, contributor="abc")  # some of them in each part
    monkeypatch.setattr(tiles, "UNSEEN", 24)
    clutter = unseen_clutter(3, 24)
    without = unseen_negatives(Dataset(clutter=50), 3, None)
    assert np.array_equal(without, clutter)
    mixed = unseen_negatives(Dataset(clutter=20, signs=10), 3, folder)
    assert mixed.shape == (24, 28, 28)
    assert np.array_equal(mixed[:16], clutter[:16])
    assert (mixed[16:].max(axis=(1, 2)) > 100).all()
    dataset = Dataset(signs=200, validation=1000)
    learned = load_dataset(dataset, 3, folder)[0].images[-200:]
    assert not any((learned == each).all(axis=(1, 2)).any() for each in mixed[16:])


def test_real_pens_that_are_missing_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mnist.fetch(tmp_path)
    monkeypatch.setattr(directories, "cache_directory", lambda: tmp_path)
    with pytest.raises(DataError, match=r"no pen strokes in .*digits data strokes"):
        load_dataset(Dataset(people=1), seed=0, data=tmp_path)


def test_more_validation_digits_than_there_are_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"60000 validation digits, and .* wrote 5226; lower"):
        load_dataset(Dataset(validation=60_000), seed=0, data=None)


def test_the_sum_depends_on_images_and_labels(training: Digits) -> None:
    other = training.labels.copy()
    other[0] += 1
    assert training.sha256() == Digits(training.images.copy(), training.labels.copy()).sha256()
    assert training.sha256() != Digits(training.images, other).sha256()
    assert training.sha256() != Digits(training.images[::-1], training.labels).sha256()


def test_the_target_of_clutter_is_uniform() -> None:
    wanted = targets(np.array([3, CLUTTER], np.uint8))

    assert wanted.dtype == np.float32
    assert wanted[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert wanted[1] == pytest.approx(0.1)


def numbered(count: int) -> Digits:
    """Digits that carry their own number in their first pixels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
    return Digits(images, (np.arange(count) % 10).astype(np.uint8))


def order(batches: TileBatches) -> list[int]:
    seen = []
    for index in range(len(batches)):
        images, wanted = batches[index]
        numbers = images[:, 0, 0] + 256 * images[:, 0, 1].astype(int)
        assert (wanted.argmax(axis=1) == numbers % 10).all()
        seen += numbers.tolist()
    return seen


def test_every_epoch_shows_each_digit_once_in_an_order_of_its_own() -> None:
    batches = TileBatches(numbered(1000), 300, seed=0, epoch=0)
    assert [len(batches[index][0]) for index in range(len(batches))] == [300, 300, 300, 100]

    first = order(batches)
    batches.on_epoch_end()
    second = order(batches)

    assert sorted(first) == sorted(second) == list(range(1000))
    assert first != second
    assert first != order(TileBatches(numbered(1000), 300, seed=1, epoch=0))
    assert second == order(TileBatches(numbered(1000), 300, seed=0, epoch=1))  # as after a resume
