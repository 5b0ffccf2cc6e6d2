from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.classifier import Classifier
from digits.model.inputs import centre_by_mass, normalise_tile
from digits.synth.pen import drawn_digits

Tiles = NDArray[np.uint8]
INKS, _ = drawn_digits(40, seed=7)


def enlarged(tiles: Tiles, interpolation: int) -> list[Tiles]:
    return [cv2.resize(tile, (200, 200), interpolation=interpolation) for tile in tiles]


def centre(tile: Tiles) -> tuple[float, float]:
    """Row and column of the centre of mass; pixel i reaches from i to i + 1."""
    mass, edges = tile.astype(float), np.arange(28) + 0.5
    return (mass.sum(axis=1) @ edges) / mass.sum(), (mass.sum(axis=0) @ edges) / mass.sum()


def difference(tiles: Tiles, others: Tiles) -> float:
    return float(np.abs(tiles.astype(int) - others).mean())


def moved_difference(tile: Tiles, other: Tiles) -> float:
    """The same where rounding may have moved a tile by one pixel: centres lie near whole ones."""
    steps = (-1, 0, 1)
    moved = [np.roll(tile, (down, across), (0, 1)) for down in steps for across in steps]
    return min(difference(each, other) for each in moved)


# As MNIST did


@pytest.mark.parametrize(
    ("interpolation", "grey_levels"),
    [
        pytest.param(cv2.INTER_CUBIC, 6.5, id="cubic"),  # measured over all 10,000: 6.03
        pytest.param(cv2.INTER_LINEAR, 7.5, id="linear"),  # 7.02
    ],
)
def test_mnist_digits_blown_up_come_back(
    mnist_test: tuple[Tiles, Tiles], interpolation: int, grey_levels: float
) -> None:
    tiles = mnist_test[0][::5]
    back = np.array([normalise_tile(ink) for ink in enlarged(tiles, interpolation)])
    assert difference(back, tiles) < grey_levels


def test_normalising_costs_no_accuracy(mnist_test: tuple[Tiles, Tiles]) -> None:
    tiles, labels = mnist_test
    classifier = Classifier()
    as_they_are = (classifier.predict(tiles) == labels).mean()
    for interpolation in (cv2.INTER_CUBIC, cv2.INTER_LINEAR):
        back = np.array([normalise_tile(ink) for ink in enlarged(tiles, interpolation)])
        assert as_they_are - (classifier.predict(back) == labels).mean() < 0.001


def test_centre_of_mass_lies_where_mnist_has_it(mnist_test: tuple[Tiles, Tiles]) -> None:
    for ink in [*INKS, *enlarged(mnist_test[0][:100], cv2.INTER_CUBIC)]:
        for place in centre(normalise_tile(ink)):
            assert 14 - 1e-6 <= place < 15 + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 19),
    st.integers(0, 19),
)
def test_any_box_is_centred_by_whole_pixels(
    seed: int, height: int, width: int, top: int, left: int
) -> None:
    box = np.zeros((20, 20), np.uint8)
    part = box[top : top + height, left : left + width]
    part[:] = np.random.default_rng(seed).integers(1, 256, part.shape)
    tile = centre_by_mass(box)
    assert tile.shape == (28, 28)
    rows, columns = np.nonzero(tile.any(axis=1))[0], np.nonzero(tile.any(axis=0))[0]
    found = tile[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # moved, not resampled: unless it was cut off, the ink is what it was
    if found.shape == part.shape:
        np.testing.assert_array_equal(found, part)
        assert all(14 - 1e-6 <= place < 15 + 1e-6 for place in centre(tile))
    else:
        assert 0 in (rows[0], columns[0]) or 27 in (rows[-1], columns[-1])


def test_ink_fills_a_box_of_20() -> None:
    for ink in INKS:
        tile = normalise_tile(ink)
        _, _, width, height = cv2.boundingRect((tile > 0).astype(np.uint8))
        assert max(width, height) == 20
        assert tile.max() == 255


# Whatever the ink


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(range(len(INKS))), st.tuples(*[st.integers(0, 60)] * 4))
def test_it_does_not_matter_where_the_ink_lies(which: int, around: tuple[int, ...]) -> None:
    above, below, before, behind = around
    moved = np.pad(INKS[which], ((above, below), (before, behind)))
    np.testing.assert_array_equal(normalise_tile(moved), normalise_tile(INKS[which]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(range(len(INKS))), st.integers(2, 6))
def test_it_does_not_matter_how_large_the_ink_is(which: int, factor: int) -> None:
    larger = INKS[which].repeat(factor, axis=0).repeat(factor, axis=1)
    assert moved_difference(normalise_tile(larger), normalise_tile(INKS[which])) < 3


@pytest.mark.parametrize("fifths", [1, 2, 3, 4])
def test_fainter_ink_gives_the_same_tile(fifths: int) -> None:
    for ink in INKS:
        coarse = ink // 5  # all its levels stay whole numbers
        assert difference(normalise_tile(fifths * coarse), normalise_tile(5 * coarse)) < 1


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(range(len(INKS))), st.integers(80, 255))
def test_faint_ink_becomes_full(which: int, peak: int) -> None:
    ink = INKS[which]
    # where a level of ink on the edge decides about a row, fewer levels may decide otherwise
    assume(cv2.boundingRect(np.uint8(ink > 98)) == cv2.boundingRect(np.uint8(ink > 106)))
    tile = normalise_tile(cv2.convertScaleAbs(ink, alpha=peak / 255))
    assert tile.max() == 255
    assert moved_difference(tile, normalise_tile(ink)) < 3


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (28, 28), (300, 7)])
def test_no_ink_gives_an_empty_tile(shape: tuple[int, int]) -> None:
    tile = normalise_tile(np.zeros(shape, np.uint8))
    assert (tile.shape, tile.dtype) == ((28, 28), np.uint8)
    assert not tile.any()


@pytest.mark.parametrize("level", [1, 40, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (3, 900), (900, 3), (20, 20)])
def test_ink_of_any_form_is_taken(shape: tuple[int, int], level: int) -> None:
    tile = normalise_tile(np.full(shape, level, np.uint8))
    assert (tile.shape, tile.dtype, tile.max()) == ((28, 28), np.uint8, 255)
    _, _, width, height = cv2.boundingRect((tile > 0).astype(np.uint8))
    assert max(width, height) == 20
    assert (width >= height) == (shape[1] >= shape[0])


def test_a_hairline_is_not_lost() -> None:
    ink = np.zeros((600, 600), np.uint8)
    cv2.line(ink, (100, 50), (320, 560), 255, 1)
    tile = normalise_tile(ink)
    assert tile.max() == 255
    assert (tile.max(axis=1) > 60).sum() == 20


def test_neither_ink_nor_view_is_changed() -> None:
    sheet = pictures.page_ink("7")
    view = sheet[10:-10, 10:-10]
    before = sheet.copy()
    sheet.setflags(write=False)
    tile = normalise_tile(view)
    np.testing.assert_array_equal(sheet, before)
    assert not np.shares_memory(tile, sheet)
