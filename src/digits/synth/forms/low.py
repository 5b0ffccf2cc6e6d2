"""The forms of 0 to 4."""

from __future__ import annotations

import numpy as np

from digits.synth.forms.strokes import Skeleton, Stroke, Uniform, ellipse, stroke


def round_zero(u: Uniform) -> Skeleton:
    radii = (u(0.2, 0.46), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-130, -50), -u(345, 400), u(0.82, 1.1)),)


def open_zero(u: Uniform) -> Skeleton:
    radii = (u(0.22, 0.44), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-120, -75), -u(325, 345), u(0.85, 1.15)),)


def curled_zero(u: Uniform) -> Skeleton:
    """Closed with a tail that runs on inside, or over the top."""
    radii = (u(0.25, 0.46), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-110, -20), -u(395, 450), u(0.4, 0.8)),)


def slashed_zero(u: Uniform) -> Skeleton:
    radius, lean, reach = u(0.22, 0.4), u(0.5, 1), u(0.75, 1.2)
    body = ellipse((0.35, 0.5), (radius, 0.5), u(-120, -60), -u(350, 375))
    dx, dy = radius * lean * reach, 0.42 * reach
    return body, stroke((0.35 + dx, 0.5 - dy), (0.35 - dx, 0.5 + dy))


def bar_one(u: Uniform) -> Skeleton:
    return (stroke((0.3, 0), (0.3 + u(-0.03, 0.03), 0.5), (0.3 + u(-0.04, 0.04), 1)),)


def flagged_one(u: Uniform, dx: tuple[float, float] = (0.08, 0.24)) -> Skeleton:
    """A short flag, or with a larger `dx` the long up-stroke: always steeper than 50 degrees."""
    run = u(*dx)
    rise = min(run * u(1.22, 2.4), u(0.65, 0.9))
    bow = u(-0.04, 0.12) * run
    start, middle = (0.45 - run, rise), (0.45 - run / 2 + bow, rise / 2 + bow * run / rise)
    stem = (0.45 + u(-0.03, 0.03), 0.5), (0.45 + u(-0.06, 0.05), 1)
    return (stroke(start, middle, (0.45, 0, 0), *stem),)


def long_one(u: Uniform) -> Skeleton:
    return flagged_one(u, (0.22, 0.5))


def bowed_one(u: Uniform) -> Skeleton:
    """The up-stroke swings: it starts flat or with a small hook and then climbs."""
    run, sag = u(0.25, 0.5), u(0.1, 0.3)
    rise = max(1.22 * run, u(0.3, 0.65))
    x, y = 0.45 - run, rise
    entry = (x, y), (x + run * 0.35, y - rise * 0.35 + sag * run), (x + run * 0.75, y * 0.42)
    return (stroke(*entry, (0.45, 0, 0), (0.45 + u(-0.03, 0.03), 0.5), (0.43 + u(-0.06, 0.04), 1)),)


def flat_one(u: Uniform) -> Skeleton:
    """An up-stroke of 38 to 50 degrees, long enough that nobody takes it for the bar of a 7."""
    run = u(0.3, 0.55)
    rise = run * u(0.8, 1.19)
    bow = u(-0.06, 0.06)
    middle = (0.5 - run / 2 + bow, rise / 2 + bow)
    stem = (0.5 + u(-0.04, 0.03), 0.5), (0.5 + u(-0.08, 0.05), 1)
    return (stroke((0.5 - run, rise), middle, (0.5, 0, u(0, 0.5)), *stem),)


def looped_one(u: Uniform) -> Skeleton:
    """As an l: from the writing line up to a narrow loop, or back on the same ink, and down."""
    run, loop, foot = u(0.3, 0.62), u(0, 0.09), u(-0.04, 0.16)
    rise = (0.45 - run, u(0.84, 1.04)), (0.45 - run * 0.45, u(0.56, 0.74)), (0.44 + loop, 0.25)
    turn = (0.46 + loop, u(0.02, 0.1), 0.7), (0.43, 0, 0.7), (0.42 - loop / 2, u(0.08, 0.16), 0.7)
    return (stroke(*rise, *turn, (0.42 - loop / 3, 0.5), (0.42 + foot, u(0.9, 1))),)


def base(u: Uniform, x: float) -> Stroke:
    """The serif under a 1."""
    y, tilt = u(0.97, 1.03), u(-0.03, 0.03)
    return stroke((x - u(0.12, 0.36), y + tilt), (x + u(0.14, 0.36), y - tilt))


def based_one(u: Uniform) -> Skeleton:
    (body,) = flagged_one(u)
    return body, base(u, float(body[-1, 0]))


def long_based_one(u: Uniform) -> Skeleton:
    (body,) = flagged_one(u, (0.2, 0.36))
    return body, base(u, float(body[-1, 0]))


def bar_based_one(u: Uniform) -> Skeleton:
    (body,) = bar_one(u)
    return body, base(u, float(body[-1, 0]))


def head_of_two(u: Uniform) -> list[tuple[float, ...]]:
    top, right = u(0.22, 0.34), u(0.46, 0.6)
    start = (u(-0.02, 0.1), u(0.16, 0.32))
    return [
        start,
        (top - 0.14, u(0.02, 0.07)),
        (top + 0.05, 0),
        (right, u(0.16, 0.32)),
        (right * u(0.6, 0.88), u(0.48, 0.64)),
    ]


def plain_two(u: Uniform) -> Skeleton:
    foot, end, wave = u(-0.06, 0.1), u(0.45, 0.9), u(-0.05, 0.06)
    tail = (foot, u(0.96, 1), 0), (end / 2, 0.98 + wave), (end, u(0.92, 1.02))
    return (stroke(*head_of_two(u), *tail),)


def wavy_two(u: Uniform) -> Skeleton:
    """The foot is rounded, and the base swings up, down and up."""
    foot, end, wave = u(-0.05, 0.08), u(0.55, 0.95), u(0.03, 0.1)
    tail = (
        (foot + 0.12, 0.86),
        (foot, 0.97, 0.3),
        (foot + 0.16, 0.95 - wave),
        (end * 0.68, 0.97 + wave / 2),
        (end, u(0.84, 0.95)),
    )
    return (stroke(*head_of_two(u), *tail),)


def looped_two(u: Uniform) -> Skeleton:
    left, loop, end = u(-0.08, 0.08), u(0.14, 0.36), u(0.5, 0.95)
    tail = (
        (left + 0.16, 0.9),
        (left + 0.02, 0.98),
        (left - 0.06, 0.98 - loop * 0.6),
        (left + 0.08, 0.98 - loop),
        (left + 0.28, u(0.86, 0.95)),
        (end, u(0.86, 1.04)),
    )
    return (stroke(*head_of_two(u), *tail),)


def curly_two(u: Uniform) -> Skeleton:
    """It starts with a curl inside the head, small or large enough to close it."""
    head, size = head_of_two(u)[1:], u(1, 1.9)
    x, y = u(0.06, 0.1), u(0.26, 0.32)
    curl = (x + 0.1 * size, y - u(-0.02, 0.08)), (x, y + 0.03 * size), (u(-0.02, 0.03), 0.17)
    tail = (u(-0.03, 0.06), 0.98, 0), (u(0.2, 0.3), u(0.93, 1.01)), (u(0.48, 0.72), u(0.93, 1.02))
    return (stroke(*curl, *head, *tail),)


def closed_two(u: Uniform) -> Skeleton:
    """Old hands: the head is a closed oval, as of a 9, on a thin neck and a small looped foot."""
    right, deep, foot = u(0.4, 0.52), u(0.42, 0.54), u(-0.1, 0.04)
    head = (
        (right - 0.04, u(0.16, 0.24)),
        (right * 0.62, deep),
        (u(0.08, 0.16), deep - 0.1),
        (u(0.1, 0.2), 0.14),
        (right * 0.75, 0),
        (right, u(0.14, 0.24)),
        (right * u(0.55, 0.75), u(0.6, 0.7)),
    )
    tail = (
        (foot + 0.06, 0.95),
        (foot - 0.06, u(0.9, 0.95)),
        (foot + 0.06, u(0.84, 0.89)),
        (foot + 0.26, u(0.93, 0.99)),
        (u(0.42, 0.6), u(0.9, 1)),
    )
    return (stroke(*head, *tail),)


def z_two(u: Uniform) -> Skeleton:
    """Angular, with a flat or barely bent head and a long base."""
    right, end = u(0.42, 0.56), u(0.48, 0.68)
    head = (u(0, 0.08), u(0.03, 0.16)), (right * 0.6, u(0, 0.04)), (right, u(0.1, 0.2), 0.5)
    return (stroke(*head, (u(-0.02, 0.06), 0.98, 0), (end / 2, u(0.96, 1)), (end, u(0.94, 1.02))),)


def lower_three(u: Uniform) -> list[tuple[float, ...]]:
    right = u(0.44, 0.64)
    return [
        (right - u(0.05, 0.12), u(0.5, 0.58)),
        (right, u(0.66, 0.78)),
        (right * 0.72, u(0.92, 0.96)),
        (u(0.14, 0.28), 1),
        (u(-0.16, 0.08), u(0.82, 0.97)),
    ]


def round_three(u: Uniform) -> Skeleton:
    right, middle = u(0.36, 0.56), u(0.06, 0.28)
    upper = (
        (u(-0.08, 0.08), u(0.06, 0.24)),
        (u(0.2, 0.28), 0),
        (right, u(0.14, 0.24)),
        (middle + 0.12, u(0.36, 0.44)),
        (middle, u(0.42, 0.5), u(0, 0.3)),
    )
    return (stroke(*upper, *lower_three(u)),)


def looped_three(u: Uniform) -> Skeleton:
    """A small loop in the waist."""
    right, loop = u(0.42, 0.54), u(0.04, 0.1)
    upper = (
        (u(-0.02, 0.08), u(0.08, 0.18)),
        (0.24, 0),
        (right, u(0.16, 0.22)),
        (0.26, 0.42),
        (0.16, 0.44 + loop / 2),
        (0.16, 0.44 - loop / 2),
        (0.3, 0.45),
    )
    return (stroke(*upper, *lower_three(u)),)


def curly_three(u: Uniform) -> Skeleton:
    """It starts with a hook: up, and over into the upper bow."""
    right, middle = u(0.42, 0.56), u(0.14, 0.26)
    upper = (
        (u(0.02, 0.12), u(0.22, 0.3)),
        (u(-0.06, 0.02), u(0.12, 0.18)),
        (0.22, 0),
        (right, u(0.16, 0.22)),
        (middle + 0.12, u(0.4, 0.44)),
        (middle, 0.46, u(0, 0.3)),
    )
    return (stroke(*upper, *lower_three(u)),)


def flat_three(u: Uniform) -> Skeleton:
    """A flat or waved top, then a diagonal to the waist."""
    right = u(0.42, 0.58)
    top = ((u(-0.1, 0.06), u(0, 0.16)), (right * 0.5, u(-0.02, 0.06)), (right, u(-0.02, 0.03), 0))
    waist = (u(0.12, 0.26), u(0.36, 0.46), 0)
    return (stroke(*top, waist, *lower_three(u)),)


def pointed_three(u: Uniform) -> Skeleton:
    """Two narrow bows that meet in a long point."""
    right, middle = u(0.42, 0.56), u(-0.02, 0.12)
    upper = (
        (u(-0.06, 0.04), u(0.06, 0.16)),
        (right * 0.6, u(0, 0.03)),
        (right, u(0.13, 0.2)),
        (middle + 0.18, u(0.36, 0.4)),
        (middle, u(0.44, 0.5), 0),
    )
    lower = (
        (right * 0.85, u(0.54, 0.6)),
        (right + u(0, 0.08), u(0.68, 0.76)),
        (right * 0.6, u(0.93, 0.97)),
        (u(-0.06, 0.04), u(0.94, 1.0)),
    )
    return (stroke(*upper, *lower),)


def footed_three(u: Uniform) -> Skeleton:
    """Old hands: below it ends in a small loop, round or flat, closed or nearly so."""
    right, foot, loop = u(0.36, 0.54), u(-0.16, 0.04), u(0.12, 0.26)
    *upper, _, _ = lower_three(u)
    start = round_three(u)[0][:5] if u(0, 1) < 0.6 else pointed_three(u)[0][:5]
    curl = (
        (right * 0.5, u(0.95, 1)),
        (foot + 0.08, 1),
        (foot, 1 - loop * u(0.4, 0.6)),
        (foot + u(0.08, 0.14), 1 - loop),
        (foot + u(0.2, 0.3), u(0.86, 0.94)),
        (foot + u(0.16, 0.36), u(0.94, 1)),
    )
    return (np.concatenate([start, stroke(*upper, *curl)]),)


def open_four(u: Uniform) -> Skeleton:
    bar, stem = u(0.52, 0.68), u(0.36, 0.5)
    side = (u(0.1, 0.26), u(0, 0.08)), (u(-0.02, 0.06), bar, 0)
    right = (stem + u(0.06, 0.26), bar - u(-0.02, 0.06))
    upright = (stem + u(0, 0.08), u(0, 0.36)), (stem + u(-0.04, 0.03), 1)
    return stroke(*side, right), stroke(*upright)


def curved_four(u: Uniform) -> Skeleton:
    """A cup and a long upright, wide open at the top."""
    bottom, stem = u(0.44, 0.58), u(0.42, 0.54)
    cup = (
        (u(0, 0.08), u(0, 0.1)),
        (u(-0.02, 0.03), bottom * 0.7, 0.8),
        (0.12, bottom, 0.8),
        (stem + u(0, 0.14), bottom - u(0, 0.08)),
    )
    upright = (stem + u(0, 0.06), u(-0.02, 0.1)), (stem + u(-0.06, 0.02), 1)
    return stroke(*cup), stroke(*upright)


def closed_four(u: Uniform) -> Skeleton:
    """A triangle with a pointed top whose bar crosses the upright."""
    bar, stem = u(0.58, 0.74), u(0.36, 0.48)
    triangle = (stem, 0), (u(-0.06, 0.02), bar, 0), (stem + u(0.1, 0.28), bar + u(-0.05, 0.03))
    return stroke(*triangle), stroke((stem, u(-0.02, 0.03)), (stem + u(-0.05, 0.03), 1))


def one_stroke_closed_four(u: Uniform) -> Skeleton:
    """Upright last without lifting the pen: the bar turns back up to the top."""
    bar, stem = u(0.56, 0.7), u(0.38, 0.5)
    right = stem + u(0.06, 0.14)
    path = (
        (stem - u(0.02, 0.1), u(0, 0.08)),
        (u(-0.04, 0.04), bar, 0),
        (right, bar - 0.02, 0),
        (stem + 0.02, u(0.04, 0.16), 0),
        (stem + u(-0.05, 0.02), 1),
    )
    return (stroke(*path),)


def lightning_four(u: Uniform) -> Skeleton:
    """Down, across and down in one stroke; the last part may be a mere hook."""
    corner, right = u(0.46, 0.82), u(0.32, 0.56)
    path = (
        (u(0.06, 0.5), 0),
        (u(-0.04, 0.06), corner, u(0, 0.8)),
        (right, corner - u(-0.02, 0.18), u(0, 0.5)),
        (right - u(0, 0.14), 1),
    )
    return (stroke(*path),)


def waved_four(u: Uniform) -> Skeleton:
    """One soft stroke: down, round and up into a narrow arch, and down again, as an n does."""
    corner, right = u(0.48, 0.7), u(0.4, 0.62)
    path = (
        (u(0.08, 0.46), 0),
        (u(-0.02, 0.06), corner * u(0.7, 0.9)),
        (u(0.02, 0.1), corner, u(0, 0.8)),
        (right * u(0.5, 0.7), corner - u(0.08, 0.26)),
        (right, corner - u(0.04, 0.24), u(0.4, 1)),
        (right - u(0, 0.1), u(0.7, 0.8)),
        (right + u(-0.08, 0.16), 1),
    )
    return (stroke(*path),)


def hooked_four(u: Uniform) -> Skeleton:
    """The same with a rounded corner and a tip: across, a little up, and down."""
    corner, right = u(0.5, 0.78), u(0.36, 0.54)
    path = (
        (u(0.14, 0.5), 0),
        (u(0.02, 0.1), corner * u(0.55, 0.8)),
        (u(0, 0.08), corner, u(0.3, 1)),
        (right, corner - u(0, 0.08), u(0, 0.6)),
        (right + u(0, 0.08), corner - u(0.1, 0.28), 0),
        (right + u(-0.04, 0.06), u(0.8, 1)),
    )
    return (stroke(*path),)
