from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from digits.training.augment import paper
from digits.training.augment import tiles as augment
from digits.training.augment.tiles import Augment
from digits.training.datasets.tiles import Digits
from digits.training.recipe import Augmentation, load_recipe

EVERYTHING = replace(load_recipe("default").augmentation, clean_epochs=0)
INK = replace(EVERYTHING, outline=0.0, lines=0.0, paper=0.0, inverse=0.0, dust=0.0)
Tiles = NDArray[np.float32]


def changed(
    images: NDArray[Any], settings: Augmentation, seed: int = 0, training: bool = True
) -> Tiles:
    return np.asarray(Augment(settings, seed)(images, training=training))


def by(change: Any, tiles: Tiles, settings: float, seed: int = 0) -> Tiles:
    """One change alone."""
    return np.asarray(change(tiles, settings, keras.random.SeedGenerator(seed)))


@pytest.fixture(scope="module")
def tiles(training: Digits) -> Tiles:
    return training.images.astype(np.float32) / 255


def fraction_changed(before: Tiles, after: Tiles) -> float:
    return float((np.abs(after - before).max(axis=(1, 2)) > 1e-4).mean())


def centres(tiles: Tiles) -> NDArray[np.float64]:
    """(N, 2): x and y of the centre of mass, in pixels."""
    weight = tiles.sum(axis=(1, 2))
    at = np.arange(tiles.shape[1])
    return np.stack([tiles.sum(axis=1) @ at / weight, tiles.sum(axis=2) @ at / weight], axis=1)


def test_tiles_are_unchanged_without_settings_and_outside_of_training(
    training: Digits, tiles: Tiles
) -> None:
    assert (changed(training.images, Augmentation()) == tiles).all()
    assert (changed(training.images, EVERYTHING, training=False) == tiles).all()


def test_fraction_zero_switches_all_changes_off(training: Digits, tiles: Tiles) -> None:
    layer = Augment(EVERYTHING, 0)
    layer.fraction.assign(0.0)
    assert (np.asarray(layer(training.images, training=True)) == tiles).all()


def test_a_fraction_of_the_tiles_is_changed_the_others_stay(training: Digits, tiles: Tiles) -> None:
    layer = Augment(EVERYTHING, 0)
    layer.fraction.assign(0.25)
    after = np.asarray(layer(training.images[:1000], training=True))
    assert 0.23 < fraction_changed(tiles[:1000], after) < 0.26


@pytest.mark.parametrize(
    ("count", "settings"),
    [
        (2000, EVERYTHING),
        (1, EVERYTHING),  # a last batch of one digit
        (3, replace(EVERYTHING, stroke=0.5)),
        (64, replace(EVERYTHING, size=28)),
        (64, replace(EVERYTHING, size=84)),
        (64, Augmentation(rotation=180, scale=3, shear=3, shift=2, elastic=1)),
    ],
)
def test_what_comes_out_is_as_many_tiles_in_the_range(
    training: Digits, count: int, settings: Augmentation
) -> None:
    images = training.images[:count]
    result = changed(images, settings)

    assert result.shape == (count, 28, 28)
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert result.min() >= -1e-6
    assert result.max() <= 1 + 1e-6


def test_a_blank_and_a_full_tile_are_no_trouble() -> None:
    images = np.stack([np.zeros((28, 28)), np.full((28, 28), 255)]).astype(np.uint8)
    assert np.isfinite(changed(np.repeat(images, 32, axis=0), EVERYTHING)).all()


def test_digits_keep_about_their_ink_and_their_place(training: Digits, tiles: Tiles) -> None:
    everything = changed(training.images, EVERYTHING)
    assert (everything.sum(axis=(1, 2)) > 8).mean() > 0.99
    assert fraction_changed(tiles, everything) > 0.99
    result = changed(training.images, INK)  # tinted paper would count as ink

    seen = result.sum(axis=(1, 2)) > 8
    assert seen.mean() > 0.99  # a thin and pale line may be lost when cut to black and white
    assert result.mean() == pytest.approx(tiles.mean(), rel=0.25)
    moved = centres(result[seen]) - centres(tiles[seen])
    assert np.abs(moved.mean(axis=0)).max() < 0.3
    assert np.quantile(np.abs(moved), 0.99) < 4
    assert fraction_changed(tiles, result) > 0.99


def test_the_seed_decides_and_every_call_is_another_change(training: Digits) -> None:
    images = training.images[:100]
    layer = Augment(EVERYTHING, 0)
    first, second = (np.asarray(layer(images, training=True)) for _ in range(2))

    assert (first == changed(images, EVERYTHING, seed=0)).all()
    assert fraction_changed(first, second) > 0.9
    assert fraction_changed(first, changed(images, EVERYTHING, seed=1)) > 0.9


def test_a_shift_moves_the_centre_of_mass_up_to_its_limit(training: Digits, tiles: Tiles) -> None:
    moved = centres(changed(training.images, Augmentation(shift=0.1))) - centres(tiles)

    assert np.abs(moved).max() <= 2.8 + 0.1  # some ink leaves at the rim
    for axis in moved.T:
        assert abs(axis.mean()) < 0.2
        assert axis.std() == pytest.approx(2.8 / 3**0.5, rel=0.05)


@pytest.mark.parametrize("settings", [Augmentation(rotation=180), Augmentation(scale=0.2)])
def test_turning_and_scaling_keep_the_middle(settings: Augmentation) -> None:
    dot = np.zeros((200, 28, 28), np.float32)
    dot[:, 12:16, 12:16] = 255
    assert centres(changed(dot, settings)) == pytest.approx(13.5, abs=0.1)


def test_a_rotation_turns_a_bar_both_ways_within_its_limit() -> None:
    bar = np.zeros((1000, 28, 28), np.float32)
    bar[:, 4:24, 13:15] = 255
    result = changed(bar, Augmentation(rotation=20))

    y, x = np.mgrid[:28, :28] - 13.5
    tilt = (result * x * y).sum(axis=(1, 2)) / (result * (y**2 - x**2)).sum(axis=(1, 2))
    degrees = np.degrees(np.arctan(2 * tilt) / 2)
    assert np.abs(degrees).max() == pytest.approx(20, abs=1)
    assert abs(degrees.mean()) < 1


def test_scaling_makes_as_much_larger_as_smaller() -> None:
    square = np.zeros((2000, 28, 28), np.float32)
    square[:, 9:19, 9:19] = 255
    width = np.sqrt(changed(square, Augmentation(scale=0.25)).sum(axis=(1, 2))) / 10

    assert width.min() == pytest.approx(1 / 1.25, abs=0.03)
    assert width.max() == pytest.approx(1.25, abs=0.03)
    assert np.log(width).mean() == pytest.approx(0, abs=0.02)


def test_a_finer_grid_alone_hardly_changes_a_digit(training: Digits, tiles: Tiles) -> None:
    result = changed(training.images, Augmentation(size=56))
    assert np.abs(result - tiles).mean() < 0.03
    assert result.mean() == pytest.approx(tiles.mean(), rel=0.001)


def test_strokes_of_the_first_grow_of_the_last_shrink_and_between_stay(tiles: Tiles) -> None:
    fine = np.repeat(np.repeat(tiles, 2, axis=1), 2, axis=2)
    ink = by(augment.change_stroke, fine, 0.25).mean(axis=(1, 2)) / fine.mean(axis=(1, 2))

    assert (ink[:500] >= 1).all()
    assert (ink[500:1500] == 1).all()
    assert (ink[1500:] <= 1 + 1e-6).all()
    assert ink[:500].mean() > 1.1
    assert 0.5 < ink[1500:].mean() < 0.9


def test_a_thinner_line_never_vanishes(tiles: Tiles) -> None:
    fine = np.repeat(np.repeat(tiles, 2, axis=1), 2, axis=2)
    thinner = by(augment.change_stroke, fine, 0.5)[1000:]
    assert thinner.max(axis=(1, 2)).min() > 0.1


@pytest.mark.parametrize(
    "change",
    [
        augment.occlude,
        augment.lose_resolution,
        augment.binarise,
        augment.outline,
        paper.shade,
        paper.draw_lines,
    ],
    ids=lambda change: change.__name__,
)
@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_a_fraction_of_the_tiles_is_changed(change: Any, fraction: float, tiles: Tiles) -> None:
    found = fraction_changed(tiles, by(change, tiles, fraction))
    # a bar of paper may fall on paper, and then changes nothing
    assert fraction - (0.35 * fraction if change is augment.occlude else 0) - 0.04 <= found
    assert found <= fraction + 0.04


def test_blurring_keeps_the_light_of_a_tile() -> None:
    for matrix in augment._resolution_bank():
        assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert matrix.min() >= 0


def test_cut_to_black_and_white_there_is_nothing_between(tiles: Tiles) -> None:
    assert set(np.unique(by(augment.binarise, tiles, 1.0))) == {0.0, 1.0}


def test_contrast_keeps_dark_darker_than_light() -> None:
    ramp = np.tile(np.linspace(0, 1, 28, dtype=np.float32), (100, 28, 1))
    result = by(augment.change_contrast, ramp, 0.8)

    assert (np.diff(result, axis=2) >= 0).all()
    assert result[:, :, -1].min() >= 0.66
    assert result[:, :, 0].max() < 0.01


def test_noise_is_mostly_weak_and_never_above_its_limit() -> None:
    grey = np.full((2000, 28, 28), 0.5, np.float32)
    strength = by(augment.add_noise, grey, 0.2).std(axis=(1, 2))

    assert strength.max() < 0.22
    assert np.median(strength) == pytest.approx(0.2 / 8, rel=0.2)


def test_paper_keeps_the_digit_darker_than_what_is_around_it(tiles: Tiles) -> None:
    shaded = by(paper.shade, tiles, 1.0)
    assert (shaded >= 0).all()
    assert (shaded <= 1).all()
    ink, blank = tiles > 0.9, tiles == 0
    darker = [float(s[i].mean() > s[b].mean()) for s, i, b in zip(shaded, ink, blank, strict=True)]
    assert np.mean(darker) > 0.9
    assert (shaded[blank] > 0.2).mean() > 0.2


def test_a_line_adds_ink_and_takes_none(tiles: Tiles) -> None:
    lined = by(paper.draw_lines, tiles, 1.0)
    assert (lined >= tiles).all()
    added = (lined - tiles).sum(axis=(1, 2))
    assert (added > 1).mean() > 0.9
    assert np.median(added) < 60


def test_one_side_is_swapped_and_the_other_stays(tiles: Tiles) -> None:
    swapped = by(paper.invert_side, tiles, 1.0)
    same = np.isclose(swapped, tiles, atol=1e-6)
    opposite = np.isclose(swapped, 1 - tiles, atol=1e-6)
    assert (same | opposite).mean() > 0.9
    assert 0.2 < same.mean() < 0.8


def test_the_outline_is_empty_within_and_full_around(tiles: Tiles) -> None:
    bar = np.zeros((4, 56, 56), np.float32)
    bar[:, 10:46, 20:36] = 1
    rim = by(augment.outline, bar, 1.0)
    assert not rim[:, 12:44, 22:34].any()
    assert rim[:, 10:46, 19].all()
