from __future__ import annotations

import math

import numpy as np
import pytest

from digits.synth.forms import FORMS, low, middle
from digits.synth.pen import SCHOOLS, Hand, draw, drawn_digits, spline

EVERY_FORM = [
    pytest.param(form, id=f"{digit}-{form.skeleton.__qualname__.split('.')[0]}-{number}")
    for digit, forms in enumerate(FORMS)
    for number, form in enumerate(forms)
]


def test_one_seed_draws_one_set_and_another_seed_another():
    images, labels = drawn_digits(25, seed=3)
    again, labels_again = drawn_digits(25, seed=3)
    other, _ = drawn_digits(25, seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(images, again, strict=True))
    assert np.array_equal(labels, labels_again)
    assert not all(np.array_equal(a, b) for a, b in zip(images, other, strict=True))


@pytest.mark.parametrize("count", [0, 1, 20, 33])
def test_exactly_as_many_digits_as_asked_for(count: int):
    images, labels = drawn_digits(count, seed=0)
    assert len(images) == count
    assert labels.shape == (count,)
    assert labels.dtype == np.uint8


def test_every_writer_writes_every_digit_twice():
    _, labels = drawn_digits(60, seed=1)
    assert all((np.bincount(part) == 2).all() for part in labels.reshape(3, 20))


def test_images_are_ink_on_empty_paper():
    images, _ = drawn_digits(100, seed=2)
    for image in images:
        assert image.dtype == np.uint8
        assert image.max() == 255
        assert not np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]).any()
        assert 0.01 < (image > 127).mean() < 0.8
        assert 60 <= max(image.shape) <= 120


def test_strokes_fill_the_unit_box():
    rng = np.random.default_rng(5)
    for _ in range(20):
        hand = Hand.sample(rng)
        for digit in range(10):
            strokes = hand.digit(digit, rng)
            points = np.concatenate(strokes)
            assert all(s.dtype == np.float32 and s.shape[1:] == (2,) for s in strokes)
            assert points.min(axis=0) == pytest.approx([0, 0], abs=1e-5)
            assert points.max() == pytest.approx(1, abs=1e-5)
            assert np.ptp(points[:, 1]) > 0.45


def test_a_hand_repeats_itself_but_never_exactly():
    rng = np.random.default_rng(6)
    hand = Hand.sample(rng)
    first, second = (hand.digit(3, rng) for _ in range(2))
    assert [len(s) for s in first] == [len(s) for s in second]
    gap = np.abs(np.concatenate(first) - np.concatenate(second)).max()
    assert 0 < gap < 0.3


@pytest.mark.parametrize("form", EVERY_FORM)
def test_every_form_can_be_drawn_and_blended(form):
    rng = np.random.default_rng(7)
    skeletons = [form.skeleton(rng.uniform) for _ in range(20)]
    assert len({tuple(points.shape for points in skeleton) for skeleton in skeletons}) == 1
    for skeleton in skeletons:
        for points in skeleton:
            assert np.isfinite(points).all()
            assert points[:, :2].min() > -0.35
            assert points[:, :2].max() < 1.2
            line = spline(points[:, :2], points[:, 2])
            assert np.isfinite(line).all()
            assert np.abs(line).max() < 1.4


@pytest.mark.parametrize("school", SCHOOLS)
def test_frequencies_of_a_school_add_up(school: str):
    for forms in FORMS:
        assert round(sum(getattr(form, school) for form in forms), 9) == 100


@pytest.mark.parametrize(
    ("form", "least"),
    [(low.flagged_one, 50), (low.long_one, 50), (low.bowed_one, 50), (low.flat_one, 38)],
)
def test_the_up_stroke_of_a_one_is_steep(form, least):
    rng = np.random.default_rng(8)
    for _ in range(200):
        (points,) = form(rng.uniform)
        top = points[np.argmin(points[:, 1])]
        run, rise = top[0] - points[0, 0], points[0, 1] - top[1]
        assert math.degrees(math.atan2(rise, run)) > least


@pytest.mark.parametrize("form", [middle.plain_seven, middle.curved_seven])
def test_the_bar_of_a_seven_is_flat(form):
    rng = np.random.default_rng(9)
    for _ in range(200):
        (points,) = form(rng.uniform)
        run, rise = points[-3, :2] - points[0, :2]
        assert math.degrees(math.atan2(abs(rise), run)) < 15


def test_the_loop_of_an_old_three_stays_at_its_foot():
    rng = np.random.default_rng(10)
    for _ in range(200):
        (points,) = low.footed_three(rng.uniform)
        assert points[-4:, 1].min() > 0.7  # else it is an 8
        assert points[4:8, 1].min() > 0.4


def test_the_cap_of_an_old_five_is_long_and_its_bowl_low():
    rng = np.random.default_rng(11)
    for _ in range(200):
        body, cap = middle.closed_five(rng.uniform)
        assert np.ptp(cap[:, 0]) > 0.3  # else it is a 6
        assert body[1:, 1].min() > 0.25


def test_a_corner_is_kept_and_a_curve_is_round():
    corner = np.array([[0, 0], [1, 0], [1, 1]], np.float32)
    sharp = spline(corner, np.array([1, 0, 1], np.float32))
    smooth = spline(corner, np.array([1, 1, 1], np.float32))
    assert [1, 0] in sharp.tolist()
    turn = np.diff(np.unwrap(np.arctan2(*np.diff(smooth, axis=0).T[::-1])))
    assert np.abs(turn).max() < math.radians(40)


def test_a_wider_pen_leaves_more_ink():
    strokes = Hand.sample(np.random.default_rng(1)).digit(8, np.random.default_rng(2))
    ink = [int((draw(strokes, 80, width) > 127).sum()) for width in (1.0, 3.0, 6.0, 12.0)]
    assert ink == sorted(set(ink))


def test_a_nib_spreads_as_it_is_drawn_down_and_not_as_it_is_pushed_up() -> None:
    down = np.linspace((0.5, 0), (0.5, 1), 20).astype(np.float32)
    across = np.linspace((0, 0.5), (1, 0.5), 20).astype(np.float32)
    widths = {
        name: int((draw((stroke,), 100, 4, nib) > 128).sum()) / 100
        for name, stroke, nib in [
            ("plain", down, 0.0),
            ("down", down, 1.5),
            ("up", down[::-1], 1.5),
            ("across", across, 1.5),
        ]
    }
    assert widths["down"] == pytest.approx(2.5 * widths["plain"], rel=0.15)
    for thin in ("up", "across"):
        assert widths[thin] == pytest.approx(widths["plain"], rel=0.15)
