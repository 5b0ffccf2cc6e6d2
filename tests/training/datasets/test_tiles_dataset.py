from __future__ import annotations

import numpy as np
import pytest

from digits.data import mnist
from digits.data.writers import rows_kept_back
from digits.errors import TrainingError
from digits.training.datasets.tiles import CLUTTER, Batches, Digits, load_material, targets
from digits.training.recipe import Material


def test_some_writers_are_kept_back_and_the_others_learned() -> None:
    images, labels = mnist.load("train")
    learn, kept_back = load_material(Material(validation=1000), seed=0, data=None)

    rows = rows_kept_back()
    assert (len(learn), len(kept_back)) == (59_000, 1000)
    assert (kept_back.images == images[rows[:1000]]).all()
    assert (kept_back.labels == labels[rows[:1000]]).all()
    others = np.delete(np.arange(60_000), rows[:1000])
    assert (learn.images == images[others]).all()
    assert (learn.labels == labels[others]).all()


def test_drawn_digits_and_clutter_are_added_to_learn_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    material = Material(drawn=30, clutter=20, validation=1000)
    learn, kept_back = load_material(material, seed=0, data=None)

    assert (len(learn), len(kept_back)) == (59_050, 1000)
    assert learn.images.dtype == np.uint8
    assert (learn.labels[-50:-20] < 10).all()
    assert (learn.labels[-20:] == CLUTTER).all()
    assert (learn.images[-50:].max(axis=(1, 2)) > 100).all()
    assert capsys.readouterr().err == "drawing 50 pieces of ink to learn from\n"

    again, _ = load_material(material, seed=0, data=None)
    other, _ = load_material(material, seed=1, data=None)
    assert learn.sha256() == again.sha256() != other.sha256()


def test_more_than_was_set_aside_cannot_be_kept_back() -> None:
    with pytest.raises(TrainingError, match=r"keeps back 60000 digits, and 5226 are .* lower"):
        load_material(Material(validation=60_000), seed=0, data=None)


def test_the_sum_sees_images_and_labels(learn: Digits) -> None:
    other = learn.labels.copy()
    other[0] += 1
    assert learn.sha256() == Digits(learn.images.copy(), learn.labels.copy()).sha256()
    assert learn.sha256() != Digits(learn.images, other).sha256()
    assert learn.sha256() != Digits(learn.images[::-1], learn.labels).sha256()


def test_targets_ask_for_no_opinion_about_clutter() -> None:
    wanted = targets(np.array([3, CLUTTER], np.uint8))

    assert wanted.dtype == np.float32
    assert wanted[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert wanted[1] == pytest.approx(0.1)


def numbered(count: int) -> Digits:
    """Digits that carry their own number in their first pixels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
    return Digits(images, (np.arange(count) % 10).astype(np.uint8))


def order(batches: Batches) -> list[int]:
    seen = []
    for index in range(len(batches)):
        images, wanted = batches[index]
        numbers = images[:, 0, 0] + 256 * images[:, 0, 1].astype(int)
        assert (wanted.argmax(axis=1) == numbers % 10).all()
        seen += numbers.tolist()
    return seen


def test_every_epoch_shows_each_digit_once_in_an_order_of_its_own() -> None:
    batches = Batches(numbered(1000), 300, seed=0, epoch=0)
    assert [len(batches[index][0]) for index in range(len(batches))] == [300, 300, 300, 100]

    first = order(batches)
    batches.on_epoch_end()
    second = order(batches)

    assert sorted(first) == sorted(second) == list(range(1000))
    assert first != second
    assert first != order(Batches(numbered(1000), 300, seed=1, epoch=0))
    assert second == order(Batches(numbered(1000), 300, seed=0, epoch=1))  # as after a resume
