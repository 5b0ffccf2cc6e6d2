"""The forms in which people write the ten digits, as pen strokes.

Every form is a function that draws its proportions from a random generator and returns a
skeleton: one array of control points a stroke, in the order in which a hand writes them. x runs
to the right from about 0 to 0.6, y down from 0, the top of the digit, to 1, the writing line.
A form always has the same number of points, so that two skeletons of it can be blended. The
ranges keep what a reader tells digits apart by: the up-stroke of a 1 is steep and the bar of a 7
is flat, a closed 4 is pointed and the loop of a 9 is round, the bowl of a 6 stays below its stem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float32]  # (points, 3): x, y, and how smoothly the pen passes: 0 corner, 1 round
Skeleton = tuple[Stroke, ...]
Uniform = Callable[[float, float], float]  # a random number between two bounds


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a digit, and how common it is in each school of writing, in percent."""

    skeleton: Callable[[Uniform], Skeleton]
    plain: float
    continental: float
    ornate: float
    printed: float


def stroke(*points: tuple[float, ...]) -> Stroke:
    """Control points (x, y), passed smoothly, or (x, y, smoothness)."""
    return np.array([p if len(p) == 3 else (*p, 1.0) for p in points], np.float32)


def ellipse(
    centre: tuple[float, float], radii: tuple[float, float], start: float, turn: float,
    end_radius: float = 1.0,
) -> Stroke:
    """Nine points on an ellipse from `start` on, over `turn` degrees; negative turns run as most
    hands do, anticlockwise. Angles in degrees, 0 to the right, 90 down. The last point lies at
    `end_radius` of the others."""
    angles = np.radians(start + turn * np.linspace(0, 1, 9))
    reach = np.ones(9)
    reach[-2:] = (1 + end_radius) / 2, end_radius
    x = centre[0] + radii[0] * reach * np.cos(angles)
    y = centre[1] + radii[1] * reach * np.sin(angles)
    return np.stack([x, y, np.ones(9)], axis=1).astype(np.float32)


def round_zero(u: Uniform) -> Skeleton:
    radii = (u(0.2, 0.46), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-130, -50), -u(345, 400), u(0.82, 1.1)),)


def open_zero(u: Uniform) -> Skeleton:
    radii = (u(0.22, 0.44), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-120, -75), -u(325, 345), u(0.85, 1.15)),)


def curled_zero(u: Uniform) -> Skeleton:
    """Closed with a tail that runs on inside, or over the top."""
    radii = (u(0.25, 0.46), 0.5)
    return (ellipse((0.35, 0.5), radii, u(-110, -40), -u(395, 440), u(0.6, 0.8)),)


def slashed_zero(u: Uniform) -> Skeleton:
    radius, lean, reach = u(0.22, 0.4), u(0.5, 1), u(0.75, 1.2)
    body = ellipse((0.35, 0.5), (radius, 0.5), u(-120, -60), -u(350, 375))
    dx, dy = radius * lean * reach, 0.42 * reach
    return body, stroke((0.35 + dx, 0.5 - dy), (0.35 - dx, 0.5 + dy))


def bar_one(u: Uniform) -> Skeleton:
    return (stroke((0.3, 0), (0.3 + u(-0.03, 0.03), 0.5), (0.3 + u(-0.04, 0.04), 1)),)


def flagged_one(u: Uniform, dx: tuple[float, float] = (0.08, 0.24)) -> Skeleton:
    """A short flag, or with a larger `dx` the long up-stroke: always steeper than 45 degrees."""
    run = u(*dx)
    rise = min(run * u(1.15, 2.4), u(0.6, 0.9))
    bow = u(-0.04, 0.12) * run
    start, middle = (0.45 - run, rise), (0.45 - run / 2 + bow, rise / 2 + bow * run / rise)
    stem = (0.45 + u(-0.03, 0.03), 0.5), (0.45 + u(-0.06, 0.05), 1)
    return (stroke(start, middle, (0.45, 0, 0), *stem),)


def long_one(u: Uniform) -> Skeleton:
    return flagged_one(u, (0.22, 0.5))


def bowed_one(u: Uniform) -> Skeleton:
    """The up-stroke swings: it starts flat or with a small hook and then climbs."""
    run, sag = u(0.25, 0.46), u(0.1, 0.24)
    rise = max(1.2 * run, u(0.35, 0.6))
    x, y = 0.45 - run, rise
    entry = (x, y), (x + run * 0.35, y - rise * 0.35 + sag * run), (x + run * 0.75, y * 0.42)
    return (stroke(*entry, (0.45, 0, 0), (0.45 + u(-0.03, 0.03), 0.5), (0.43 + u(-0.06, 0.04), 1)),)


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
    return [start, (top - 0.14, u(0.02, 0.07)), (top + 0.05, 0), (right, u(0.16, 0.32)),
            (right * u(0.6, 0.88), u(0.48, 0.64))]


def plain_two(u: Uniform) -> Skeleton:
    foot, end, wave = u(-0.06, 0.1), u(0.45, 0.9), u(-0.05, 0.06)
    tail = (foot, u(0.96, 1), 0), (end / 2, 0.98 + wave), (end, u(0.92, 1.02))
    return (stroke(*head_of_two(u), *tail),)


def wavy_two(u: Uniform) -> Skeleton:
    """The foot is rounded, and the base swings up, down and up."""
    foot, end, wave = u(-0.05, 0.08), u(0.55, 0.95), u(0.03, 0.1)
    tail = ((foot + 0.12, 0.86), (foot, 0.97, 0.3), (foot + 0.16, 0.95 - wave),
            (end * 0.68, 0.97 + wave / 2), (end, u(0.84, 0.95)))
    return (stroke(*head_of_two(u), *tail),)


def looped_two(u: Uniform) -> Skeleton:
    left, loop, end = u(-0.08, 0.08), u(0.14, 0.36), u(0.5, 0.95)
    tail = ((left + 0.16, 0.9), (left + 0.02, 0.98), (left - 0.06, 0.98 - loop * 0.6),
            (left + 0.08, 0.98 - loop), (left + 0.28, u(0.86, 0.95)), (end, u(0.86, 1.04)))
    return (stroke(*head_of_two(u), *tail),)


def curly_two(u: Uniform) -> Skeleton:
    """It starts with a small curl inside the head."""
    head = head_of_two(u)[1:]
    curl = (u(0.14, 0.22), u(0.22, 0.32)), (u(0.06, 0.1), u(0.26, 0.32)), (u(-0.02, 0.03), 0.17)
    tail = (u(-0.03, 0.06), 0.98, 0), (u(0.2, 0.3), u(0.93, 1.01)), (u(0.48, 0.72), u(0.93, 1.02))
    return (stroke(*curl, *head, *tail),)


def z_two(u: Uniform) -> Skeleton:
    """Angular, with a flat or barely bent head and a long base."""
    right, end = u(0.42, 0.56), u(0.48, 0.68)
    head = (u(0, 0.08), u(0.03, 0.16)), (right * 0.6, u(0, 0.04)), (right, u(0.1, 0.2), 0.5)
    return (stroke(*head, (u(-0.02, 0.06), 0.98, 0), (end / 2, u(0.96, 1)), (end, u(0.94, 1.02))),)


def lower_three(u: Uniform) -> list[tuple[float, ...]]:
    right = u(0.44, 0.64)
    return [(right - u(0.05, 0.12), u(0.5, 0.58)), (right, u(0.66, 0.78)),
            (right * 0.72, u(0.92, 0.96)), (u(0.14, 0.28), 1), (u(-0.16, 0.08), u(0.82, 0.97))]


def round_three(u: Uniform) -> Skeleton:
    right, middle = u(0.36, 0.56), u(0.06, 0.28)
    upper = ((u(-0.08, 0.08), u(0.06, 0.24)), (u(0.2, 0.28), 0), (right, u(0.14, 0.24)),
             (middle + 0.12, u(0.36, 0.44)), (middle, u(0.42, 0.5), u(0, 0.3)))
    return (stroke(*upper, *lower_three(u)),)


def looped_three(u: Uniform) -> Skeleton:
    """A small loop in the waist."""
    right, loop = u(0.42, 0.54), u(0.04, 0.1)
    upper = ((u(-0.02, 0.08), u(0.08, 0.18)), (0.24, 0), (right, u(0.16, 0.22)),
             (0.26, 0.42), (0.16, 0.44 + loop / 2), (0.16, 0.44 - loop / 2), (0.3, 0.45))
    return (stroke(*upper, *lower_three(u)),)


def curly_three(u: Uniform) -> Skeleton:
    """It starts with a hook: up, and over into the upper bow."""
    right, middle = u(0.42, 0.56), u(0.14, 0.26)
    upper = ((u(0.02, 0.12), u(0.22, 0.3)), (u(-0.06, 0.02), u(0.12, 0.18)), (0.22, 0),
             (right, u(0.16, 0.22)), (middle + 0.12, u(0.4, 0.44)), (middle, 0.46, u(0, 0.3)))
    return (stroke(*upper, *lower_three(u)),)


def flat_three(u: Uniform) -> Skeleton:
    """A flat top, then a diagonal to the waist."""
    top = (u(-0.02, 0.08), u(0, 0.07)), (u(0.42, 0.56), u(-0.02, 0.03), 0)
    waist = (u(0.12, 0.26), u(0.36, 0.46), 0)
    return (stroke(*top, waist, *lower_three(u)),)


def pointed_three(u: Uniform) -> Skeleton:
    """Two narrow bows that meet in a long point."""
    right, middle = u(0.42, 0.56), u(-0.02, 0.12)
    upper = ((u(-0.06, 0.04), u(0.06, 0.16)), (right * 0.6, u(0, 0.03)), (right, u(0.13, 0.2)),
             (middle + 0.18, u(0.36, 0.4)), (middle, u(0.44, 0.5), 0))
    lower = ((right * 0.85, u(0.54, 0.6)), (right + u(0, 0.08), u(0.68, 0.76)),
             (right * 0.6, u(0.93, 0.97)), (u(-0.06, 0.04), u(0.94, 1.0)))
    return (stroke(*upper, *lower),)


def open_four(u: Uniform) -> Skeleton:
    bar, stem = u(0.52, 0.68), u(0.36, 0.5)
    side = (u(0.1, 0.26), u(0, 0.08)), (u(-0.02, 0.06), bar, 0)
    right = (stem + u(0.06, 0.26), bar - u(-0.02, 0.06))
    upright = (stem + u(0, 0.08), u(0, 0.36)), (stem + u(-0.04, 0.03), 1)
    return stroke(*side, right), stroke(*upright)


def curved_four(u: Uniform) -> Skeleton:
    """A cup and a long upright, wide open at the top."""
    bottom, stem = u(0.44, 0.58), u(0.42, 0.54)
    cup = ((u(0, 0.08), u(0, 0.1)), (u(-0.02, 0.03), bottom * 0.7, 0.8), (0.12, bottom, 0.8),
           (stem + u(0, 0.14), bottom - u(0, 0.08)))
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
    path = ((stem - u(0.02, 0.1), u(0, 0.08)), (u(-0.04, 0.04), bar, 0), (right, bar - 0.02, 0),
            (stem + 0.02, u(0.04, 0.16), 0), (stem + u(-0.05, 0.02), 1))
    return (stroke(*path),)


def lightning_four(u: Uniform) -> Skeleton:
    """Down, across and down in one stroke; the first stroke ends well above the line."""
    corner, right = u(0.46, 0.62), u(0.32, 0.5)
    path = ((u(0.12, 0.26), 0), (u(-0.02, 0.06), corner, 0),
            (right, corner - u(0.02, 0.16), 0), (right - u(0, 0.12), 1))
    return (stroke(*path),)


def bowl_of_five(u: Uniform, left: float) -> list[tuple[float, ...]]:
    """From the lower end of the back, a corner, round the bowl to the end of its tail."""
    right, waist = u(0.38, 0.62), u(0.36, 0.52)
    return [(left, waist, 0), (right * 0.5, waist - u(0.01, 0.08)), (right - 0.05, waist + 0.09),
            (right, (1 + waist) / 2), (right * 0.72, u(0.92, 0.97)), (u(0.12, 0.24), 1),
            (u(-0.16, 0.06), u(0.84, 0.98))]


def capped_five(u: Uniform) -> Skeleton:
    """The cap is a second stroke that touches, misses or floats above."""
    left, gap, tilt = u(0.06, 0.18), u(-0.04, 0.12), u(-0.05, 0.12)
    body = stroke((left, u(0, 0.1)), *bowl_of_five(u, left - u(0.01, 0.1)))
    cap = stroke((left + gap, u(-0.02, 0.04)), (left + u(0.32, 0.72), -tilt))
    return body, cap


def one_stroke_five(u: Uniform) -> Skeleton:
    left = u(0.08, 0.18)
    cap = (u(0.44, 0.8), u(-0.08, 0.05)), (left, u(0, 0.05), 0)
    return (stroke(*cap, *bowl_of_five(u, left - u(0.01, 0.1))),)


def s_five(u: Uniform) -> Skeleton:
    """One swing like an S, with a straighter back."""
    left, right = u(0.04, 0.12), u(0.44, 0.56)
    cap = (u(0.46, 0.6), u(0, 0.08)), (left + 0.14, u(0, 0.05), 0.6), (left, u(0.2, 0.26), 0.7)
    turn = (left + 0.1, u(0.4, 0.45), 0.8), (right - 0.1, u(0.5, 0.56))
    tail = (right, u(0.68, 0.78)), (right * 0.6, u(0.96, 1)), (u(-0.06, 0.06), u(0.88, 0.98))
    return (stroke(*cap, *turn, *tail),)


def angular_five(u: Uniform) -> Skeleton:
    left, right, waist = u(0.04, 0.12), u(0.44, 0.56), u(0.4, 0.48)
    upper = (right + u(-0.04, 0.1), u(-0.02, 0.03)), (left, u(0, 0.04), 0), (left - 0.02, waist, 0)
    lower = ((right - u(0, 0.06), waist + u(-0.03, 0.06), 0.2), (right, u(0.86, 0.95), 0.2),
             (u(-0.02, 0.04), u(0.95, 1.0)))
    return (stroke(*upper, *lower),)


def bowl_of_six(u: Uniform, left: float) -> list[tuple[float, ...]]:
    """From the bottom round to the stem, closed, overlapping or a little open."""
    top, right = u(0.4, 0.6), left + u(0.42, 0.64)
    middle = (left + right) / 2
    return [(middle, 1), (right - 0.03, u(0.86, 0.9)), (right, (1 + top) / 2),
            (middle + 0.06, top), (left + u(-0.1, 0.16), top + u(0.08, 0.24))]


def straight_six(u: Uniform) -> Skeleton:
    left = u(0, 0.04)
    stem = (left + u(0.2, 0.44), 0), (left + u(0.1, 0.16), u(0.3, 0.36)), (left, u(0.66, 0.72))
    return (stroke(*stem, (left + 0.07, u(0.89, 0.92)), *bowl_of_six(u, left)),)


def curly_six(u: Uniform) -> Skeleton:
    """A round back, and a hook at the start."""
    left = u(0, 0.04)
    stem = ((left + u(0.42, 0.56), u(0.06, 0.16)), (left + u(0.28, 0.38), 0),
            (left + 0.12, u(0.18, 0.24)), (left, u(0.55, 0.62)))
    return (stroke(*stem, (left + 0.06, u(0.86, 0.9)), *bowl_of_six(u, left)),)


def open_six(u: Uniform) -> Skeleton:
    """The bowl comes up like that of a u, bends in and ends before it meets the stem."""
    left, right, top = u(0, 0.04), u(0.46, 0.64), u(0.42, 0.56)
    stem = (left + u(0.1, 0.4), 0), (left + u(0.06, 0.12), u(0.3, 0.4)), (left, u(0.68, 0.76))
    bowl = ((left + 0.08, 0.93), (right / 2, 1), (right, u(0.74, 0.82)), (right - 0.1, top),
            (right * 0.5, top + u(0.02, 0.12)), (right * u(0.3, 0.5), top + u(0.16, 0.26)))
    return (stroke(*stem, *bowl),)


def b_six(u: Uniform) -> Skeleton:
    """An upright stem, as of a b, that runs round into the bowl."""
    left = u(0, 0.04)
    stem = (left + u(0, 0.14), 0), (left + u(0, 0.03), u(0.36, 0.44)), (left, u(0.72, 0.78))
    return (stroke(*stem, (left + 0.06, u(0.91, 0.94)), *bowl_of_six(u, left)),)


def stem_of_seven(u: Uniform, right: float) -> list[tuple[float, ...]]:
    foot, bow = u(0.02, 0.36), u(-0.08, 0.03)
    return [(right, u(-0.02, 0.05), 0), ((right + foot) / 2 + bow, 0.48), (foot, 1)]


def plain_seven(u: Uniform) -> Skeleton:
    right = u(0.52, 0.66)
    return (stroke((u(-0.02, 0.06), u(0, 0.06)), *stem_of_seven(u, right)),)


def curved_seven(u: Uniform) -> Skeleton:
    """A soft corner and a stem that bends into the upright."""
    right, foot = u(0.52, 0.64), u(0.14, 0.3)
    path = ((0, u(0.02, 0.08)), (right * 0.6, u(0, 0.04)), (right, u(0.03, 0.1), u(0.2, 0.9)),
            (foot + u(0.08, 0.14), u(0.42, 0.5)), (foot, 1))
    return (stroke(*path),)


def serif_seven(u: Uniform) -> Skeleton:
    """A short stroke down at the left end of the bar."""
    right, left = u(0.5, 0.62), u(0, 0.06)
    serif = (left - u(-0.02, 0.05), u(0.14, 0.26)), (left, u(0, 0.05), 0)
    return (stroke(*serif, *stem_of_seven(u, right)),)


def waved_seven(u: Uniform) -> Skeleton:
    """The bar rises, dips and rises."""
    right, dip = u(0.56, 0.7), u(0.05, 0.15)
    wave = ((u(-0.06, 0.02), u(0.1, 0.26)), (right * 0.2, u(0, 0.03), 0.6),
            (right * 0.55, dip, 0.8))
    return (stroke(*wave, *stem_of_seven(u, right)),)


def zigzag_seven(u: Uniform) -> Skeleton:
    """The wave so deep that head and stem look like an M; only ever crossed."""
    right, dip = u(0.5, 0.7), u(0.14, 0.28)
    wave = ((u(-0.1, 0.02), u(0.16, 0.36)), (right * 0.25, u(0, 0.06), 0.2),
            (right * 0.55, dip, 0.3))
    return (stroke(*wave, *stem_of_seven(u, right)),)


def crossed(form: Callable[[Uniform], Skeleton]) -> Callable[[Uniform], Skeleton]:
    """A 7 of this form with the bar through its stem."""

    def skeleton(u: Uniform) -> Skeleton:
        (body,) = form(u)
        x, y, tilt = float(body[-2, 0]) + u(-0.03, 0.04), u(0.44, 0.58), u(-0.05, 0.05)
        return body, stroke((x - u(0.14, 0.3), y + tilt), (x + u(0.16, 0.32), y - tilt))

    return skeleton


def loops_of_eight(u: Uniform) -> tuple[float, float, float]:
    """Half widths of the upper and the lower loop, and the height of the waist."""
    lower = u(0.2, 0.34)
    return lower * u(0.65, 1.25), lower, u(0.38, 0.56)


def s_eight(u: Uniform) -> Skeleton:
    """One stroke that starts at the top right as an S and climbs back; open or closed above."""
    upper, lower, waist = loops_of_eight(u)
    path = ((0.3 + upper * u(0.5, 1), u(0.04, 0.12)), (0.3, 0), (0.3 - upper, waist / 2),
            (0.3, waist), (0.3 + lower, (1 + waist) / 2), (0.3, 1), (0.3 - lower, (1 + waist) / 2),
            (0.3 + u(-0.04, 0.04), waist), (0.3 + upper * u(0.8, 1.1), waist / 2),
            (0.3 + upper * u(0.1, 1.2), u(-0.06, 0.1)))
    return (stroke(*path),)


def mirrored_eight(u: Uniform) -> Skeleton:
    """The same the other way round: it starts at the top left."""
    body = s_eight(u)[0].copy()
    body[:, 0] = 0.6 - body[:, 0]
    return (body,)


def circles_eight(u: Uniform) -> Skeleton:
    upper, lower, waist = loops_of_eight(u)
    top = ellipse((0.3, waist / 2), (upper, waist / 2), u(60, 120), -u(355, 385))
    bottom = ellipse((0.3 + u(-0.04, 0.04), (1 + waist) / 2), (lower, (1 - waist) / 2),
                     u(-120, -60), -u(355, 385))
    return top, bottom


def pointed_eight(u: Uniform) -> Skeleton:
    """Straight diagonals that cross, with narrow turns above and below."""
    upper, lower, waist = loops_of_eight(u)
    path = ((0.3 + upper, u(0.02, 0.08)), (0.3, -0.01, 0.7), (0.3 - upper, u(0.1, 0.16), 0.7),
            (0.3, waist, 0.7), (0.3 + lower, u(0.82, 0.9), 0.7), (0.3, 1, 0.7),
            (0.3 - lower, u(0.84, 0.92), 0.7), (0.3, waist, 0.4), (0.3 + upper * u(0.7, 1), 0.04))
    return (stroke(*path),)


def waist_eight(u: Uniform) -> Skeleton:
    """It starts in the waist: upper loop first, then the lower one."""
    upper, lower, waist = loops_of_eight(u)
    path = ((0.3 + u(-0.02, 0.06), waist + u(-0.04, 0.02)), (0.3 - upper, waist / 2), (0.3, 0),
            (0.3 + upper, waist / 2), (0.3, waist), (0.3 - lower, (1 + waist) / 2), (0.3, 1),
            (0.3 + lower, (1 + waist) / 2), (0.3 + u(-0.06, 0.04), waist + u(-0.02, 0.04)))
    return (stroke(*path),)


def loop_of_nine(u: Uniform) -> list[tuple[float, ...]]:
    """The loop from its right end over the top, round and back up to the stem."""
    right, bottom = u(0.44, 0.58), u(0.42, 0.54)
    return [(right - u(0, 0.1), u(0.06, 0.18)), (right * 0.55, 0), (right * 0.12, bottom * 0.3),
            (0.02, bottom * 0.62), (right * 0.38, bottom), (right * 0.8, bottom * 0.75),
            (right, u(0.12, 0.24), u(0.2, 0.8))]


def straight_nine(u: Uniform) -> Skeleton:
    loop = loop_of_nine(u)
    right = loop[-1][0]
    return (stroke(*loop, (right - u(0, 0.04), 0.55), (right - u(0, 0.2), 1)),)


def curled_nine(u: Uniform) -> Skeleton:
    """The stem bends into a tail to the left."""
    loop = loop_of_nine(u)
    right = loop[-1][0]
    tail = ((right + u(-0.02, 0.03), u(0.5, 0.58)), (right - u(0.04, 0.1), u(0.8, 0.86)),
            (right * u(0.4, 0.55), 1), (u(-0.08, 0.12), u(0.86, 0.98)))
    return (stroke(*loop, *tail),)


def hooked_nine(u: Uniform) -> Skeleton:
    """A tail as of a g, which turns up again."""
    loop = loop_of_nine(u)
    right = loop[-1][0]
    tail = ((right + u(-0.03, 0.02), u(0.55, 0.62)), (right - 0.05, u(0.84, 0.9)),
            (right * 0.5, 1), (u(-0.06, 0.04), u(0.84, 0.92)), (u(0.02, 0.1), u(0.74, 0.8)))
    return (stroke(*loop, *tail),)


def s_nine(u: Uniform) -> Skeleton:
    """A loop that is left open, and a round tail: two bows one above the other."""
    right, bottom = u(0.44, 0.56), u(0.4, 0.48)
    loop = ((right - u(0, 0.06), u(0.07, 0.13)), (right * 0.5, 0), (0.02, bottom * 0.5),
            (right * 0.4, bottom), (right * 0.95, bottom * u(0.35, 0.55), 0.4))
    tail = ((right + u(0, 0.05), u(0.56, 0.64)), (right * 0.85, u(0.86, 0.92)),
            (right * 0.45, 1), (u(-0.06, 0.06), u(0.84, 0.94)))
    return (stroke(*loop, *tail),)


def q_nine(u: Uniform) -> Skeleton:
    """A circle, and beside it a stem as of a q."""
    radii = (u(0.2, 0.28), u(0.22, 0.28))
    stem = 0.27 + radii[0] + u(-0.03, 0.03)
    circle = ellipse((0.27, radii[1]), radii, u(-60, -20), -u(340, 375))
    return circle, stroke((stem, u(-0.02, 0.12)), (stem + u(-0.06, 0.02), 1))


FORMS: tuple[tuple[Form, ...], ...] = (
    (Form(round_zero, 78, 76, 55, 60), Form(open_zero, 8, 8, 5, 5),
     Form(curled_zero, 12, 15, 40, 5), Form(slashed_zero, 2, 1, 0, 30)),
    (Form(bar_one, 62, 5, 25, 14), Form(flagged_one, 18, 25, 30, 15),
     Form(long_one, 5, 45, 15, 0), Form(bowed_one, 2, 14, 20, 0), Form(based_one, 10, 4, 6, 60),
     Form(long_based_one, 1, 6, 4, 5), Form(bar_based_one, 2, 1, 0, 6)),
    (Form(plain_two, 45, 50, 15, 70), Form(wavy_two, 15, 18, 25, 4), Form(looped_two, 25, 12, 35, 0),
     Form(curly_two, 5, 8, 25, 6), Form(z_two, 10, 12, 0, 20)),
    (Form(round_three, 65, 55, 40, 70), Form(looped_three, 12, 10, 25, 0), Form(curly_three, 6, 8, 20, 2),
     Form(flat_three, 8, 15, 10, 20), Form(pointed_three, 15, 20, 15, 10)),
    (Form(open_four, 38, 40, 25, 45), Form(curved_four, 25, 6, 30, 0),
     Form(closed_four, 20, 16, 5, 50), Form(one_stroke_closed_four, 5, 6, 10, 5),
     Form(lightning_four, 12, 32, 30, 0)),
    (Form(capped_five, 58, 55, 50, 55), Form(one_stroke_five, 20, 25, 20, 20),
     Form(s_five, 18, 12, 28, 2), Form(angular_five, 4, 8, 2, 23)),
    (Form(straight_six, 44, 48, 22, 50), Form(curly_six, 32, 32, 60, 40), Form(open_six, 12, 8, 10, 2),
     Form(b_six, 12, 12, 8, 8)),
    (Form(plain_seven, 60, 8, 10, 45), Form(curved_seven, 22, 4, 14, 10),
     Form(serif_seven, 5, 4, 6, 12), Form(waved_seven, 5, 6, 20, 0),
     Form(crossed(plain_seven), 6, 38, 10, 25), Form(crossed(curved_seven), 1, 12, 8, 0),
     Form(crossed(serif_seven), 0, 8, 8, 8), Form(crossed(waved_seven), 1, 14, 18, 0),
     Form(crossed(zigzag_seven), 0, 7, 8, 0)),
    (Form(s_eight, 55, 50, 45, 40), Form(mirrored_eight, 15, 18, 20, 10),
     Form(circles_eight, 10, 10, 5, 40), Form(pointed_eight, 12, 12, 10, 2),
     Form(waist_eight, 8, 10, 20, 8)),
    (Form(straight_nine, 50, 18, 15, 35), Form(curled_nine, 25, 42, 30, 45),
     Form(hooked_nine, 6, 18, 25, 10), Form(s_nine, 4, 12, 20, 0), Form(q_nine, 15, 10, 10, 10)),
)  # fmt: skip
