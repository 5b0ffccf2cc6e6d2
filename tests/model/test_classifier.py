from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.model.classifier import BATCH, Classifier, energy

METHODS = ("probabilities", "predict", "is_digit", "classify")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier("default")


@pytest.fixture(scope="module")
def tiles(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return mnist_test[0][: 2 * BATCH + 50]


def test_it_reads_mnist(
    classifier: Classifier, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    images, labels = mnist_test
    assert (classifier.predict(images[:2000]) == labels[:2000]).mean() > 0.98


def test_shapes_types_and_ranges(classifier: Classifier, tiles: NDArray[np.uint8]) -> None:
    probabilities, is_digit = classifier.classify(tiles)

    assert (probabilities.shape, probabilities.dtype) == ((len(tiles), 10), np.float32)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (is_digit.shape, is_digit.dtype) == ((len(tiles),), np.float32)
    assert ((is_digit >= 0) & (is_digit <= 1)).all()
    assert (classifier.probabilities(tiles) == probabilities).all()
    assert (classifier.is_digit(tiles) == is_digit).all()
    predicted = classifier.predict(tiles)
    assert predicted.dtype == np.int64
    assert (predicted == probabilities.argmax(axis=1)).all()


def test_no_tiles_give_no_answers(classifier: Classifier) -> None:
    for dtype in (np.uint8, np.float32):
        nothing = np.zeros((0, 28, 28), dtype)
        probabilities, is_digit = classifier.classify(nothing)
        assert (probabilities.shape, probabilities.dtype) == ((0, 10), np.float32)
        assert (is_digit.shape, is_digit.dtype) == ((0,), np.float32)
        assert (classifier.predict(nothing).shape, classifier.predict(nothing).dtype) == (
            (0,),
            np.int64,
        )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_bytes_and_shares_of_ink_are_the_same_tiles(
    dtype: type, classifier: Classifier, tiles: NDArray[np.uint8]
) -> None:
    as_shares = (tiles / 255).astype(dtype)
    tolerance = 0.01 if dtype is np.float16 else 1e-5
    assert classifier.probabilities(as_shares) == pytest.approx(
        classifier.probabilities(tiles), abs=tolerance
    )


def test_any_view_of_an_array_will_do_and_is_not_changed(
    classifier: Classifier, tiles: NDArray[np.uint8]
) -> None:
    wanted = classifier.probabilities(tiles)
    for view in (np.asfortranarray(tiles), np.repeat(tiles, 2, axis=2)[:, :, ::2]):
        view.flags.writeable = False
        assert (classifier.probabilities(view) == wanted).all()


def test_an_answer_does_not_depend_on_the_tiles_beside_it(
    classifier: Classifier, tiles: NDArray[np.uint8]
) -> None:
    together = classifier.probabilities(tiles)
    cuts = [1, 2, 9, 100, BATCH, BATCH + 1, len(tiles) - 1]
    apart = [classifier.probabilities(part) for part in np.split(tiles, cuts)]
    order = np.random.default_rng(0).permutation(len(tiles))

    assert np.concatenate(apart) == pytest.approx(together, abs=1e-6)
    assert classifier.probabilities(tiles[order]) == pytest.approx(together[order], abs=1e-6)


def test_many_threads_get_the_answer_of_one(
    classifier: Classifier, tiles: NDArray[np.uint8]
) -> None:
    parts = [tiles[start : start + 40] for start in range(0, 400, 10)]
    wanted = [classifier.probabilities(part) for part in parts]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(classifier.probabilities, parts))
    assert all((answer == one).all() for answer, one in zip(answers, wanted, strict=True))


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (np.zeros((28, 28), np.uint8), r"shape \(28, 28\)"),
        (np.zeros((1, 28, 28, 1), np.uint8), r"shape \(1, 28, 28, 1\)"),
        (np.zeros((1, 784), np.float32), r"shape \(1, 784\)"),
        (np.zeros((1, 27, 28), np.uint8), r"shape \(1, 27, 28\)"),
        (np.zeros((1, 28, 28), np.int64), "dtype int64"),
        (np.zeros((1, 28, 28), np.uint16), "dtype uint16"),
        (np.zeros((1, 28, 28), bool), "dtype bool"),
        (np.zeros((1, 28, 28), complex), "dtype complex128"),
        (np.full((1, 28, 28), 255.0), "values from 255 to 255"),
        (np.full((1, 28, 28), -1.0), "values from -1 to -1"),
        (np.full((1, 28, 28), np.nan), "values from nan to nan"),
        ([], r"shape \(0,\)"),
        (None, r"shape \(\) and dtype object"),
    ],
)
def test_other_arrays_are_refused(wrong: Any, found: str, classifier: Classifier) -> None:
    for method in METHODS:
        with pytest.raises(ValueError, match=f"tiles have .*{found}.*expected .N, 28, 28., uint8"):
            getattr(classifier, method)(wrong)


def test_energy_is_the_log_of_summed_exponentials_without_overflow() -> None:
    logits = np.array([[0.0] * 10, [1000.0] + [0.0] * 9, [-1000.0] * 10], np.float32)
    assert energy(logits) == pytest.approx([np.log(10), 1000, -1000 + np.log(10)], rel=1e-6)
