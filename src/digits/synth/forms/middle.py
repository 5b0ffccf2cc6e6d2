"""The forms of 5, 6 and 7."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from digits.synth.forms.strokes import Skeleton, Uniform, stroke


def bowl_of_five(u: Uniform, left: float) -> list[tuple[float, ...]]:
    """From the lower end of the back, a corner, round the bowl to the end of its tail."""
    right, waist = u(0.38, 0.62), u(0.36, 0.52)
    return [
        (left, waist, 0),
        (right * 0.5, waist - u(0.01, 0.08)),
        (right - 0.05, waist + 0.09),
        (right, (1 + waist) / 2),
        (right * 0.72, u(0.92, 0.97)),
        (u(0.12, 0.24), 1),
        (u(-0.16, 0.06), u(0.84, 0.98)),
    ]


def capped_five(u: Uniform) -> Skeleton:
    """The cap is a second stroke that touches, misses or floats above."""
    left, gap, tilt = u(0.06, 0.18), u(-0.1, 0.12), u(-0.05, 0.12)
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
    lower = (
        (right - u(0, 0.06), waist + u(-0.03, 0.06), 0.2),
        (right, u(0.86, 0.95), 0.2),
        (u(-0.02, 0.04), u(0.95, 1.0)),
    )
    return (stroke(*upper, *lower),)


def closed_five(u: Uniform) -> Skeleton:
    """Old hands: the tail curls up until it meets the back, under a long cap."""
    left, tilt = u(0.08, 0.2), u(-0.06, 0.1)
    corner, *bowl = bowl_of_five(u, left - u(0.02, 0.12))
    waist = corner[1]
    tail = (corner[0] - u(0, 0.1), u(0.76, 0.9)), (corner[0] + u(-0.02, 0.06), waist + u(0.04, 0.2))
    body = stroke((left, u(0, 0.06)), corner, *bowl[:-1], *tail)
    return body, stroke((left + u(-0.04, 0.06), u(-0.02, 0.03)), (left + u(0.4, 0.74), -tilt))


def bowl_of_six(u: Uniform, left: float) -> list[tuple[float, ...]]:
    """From the bottom round to the stem, closed, overlapping or a little open."""
    top, right = u(0.4, 0.66), left + u(0.42, 0.64)
    middle = (left + right) / 2
    return [
        (middle, 1),
        (right - 0.03, u(0.86, 0.9)),
        (right, (1 + top) / 2),
        (middle + 0.06, top),
        (left + u(-0.1, 0.16), top + u(0.08, 0.24)),
    ]


def straight_six(u: Uniform) -> Skeleton:
    left = u(0, 0.04)
    stem = (left + u(0.2, 0.44), 0), (left + u(0.1, 0.16), u(0.3, 0.36)), (left, u(0.66, 0.72))
    return (stroke(*stem, (left + 0.07, u(0.89, 0.92)), *bowl_of_six(u, left)),)


def curly_six(u: Uniform) -> Skeleton:
    """A round back, and a hook at the start."""
    left = u(0, 0.04)
    stem = (
        (left + u(0.42, 0.56), u(0.06, 0.16)),
        (left + u(0.28, 0.38), 0),
        (left + 0.12, u(0.18, 0.24)),
        (left, u(0.55, 0.62)),
    )
    return (stroke(*stem, (left + 0.06, u(0.86, 0.9)), *bowl_of_six(u, left)),)


def open_six(u: Uniform) -> Skeleton:
    """The bowl comes up like that of a u, bends in and ends before it meets the stem."""
    left, right, top = u(0, 0.04), u(0.46, 0.64), u(0.42, 0.56)
    stem = (left + u(0.1, 0.4), 0), (left + u(0.06, 0.12), u(0.3, 0.4)), (left, u(0.68, 0.76))
    bowl = (
        (left + 0.08, 0.93),
        (right / 2, 1),
        (right, u(0.74, 0.82)),
        (right - 0.1, top),
        (right * 0.5, top + u(0.02, 0.12)),
        (right * u(0.3, 0.5), top + u(0.16, 0.26)),
    )
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
    path = (
        (0, u(0.02, 0.08)),
        (right * 0.6, u(0, 0.04)),
        (right, u(0.03, 0.1), u(0.2, 0.9)),
        (foot + u(0.08, 0.14), u(0.42, 0.5)),
        (foot, 1),
    )
    return (stroke(*path),)


def serif_seven(u: Uniform) -> Skeleton:
    """A short stroke down at the left end of the bar."""
    right, left = u(0.5, 0.62), u(0, 0.06)
    serif = (left - u(-0.02, 0.05), u(0.14, 0.26)), (left, u(0, 0.05), 0)
    return (stroke(*serif, *stem_of_seven(u, right)),)


def waved_seven(u: Uniform) -> Skeleton:
    """The bar rises, dips and rises."""
    right, dip = u(0.56, 0.7), u(0.05, 0.15)
    wave = (
        (u(-0.06, 0.02), u(0.1, 0.26)),
        (right * 0.2, u(0, 0.03), 0.6),
        (right * 0.55, dip, 0.8),
    )
    return (stroke(*wave, *stem_of_seven(u, right)),)


def zigzag_seven(u: Uniform) -> Skeleton:
    """The wave so deep that head and stem look like an M; only ever crossed."""
    right, dip = u(0.5, 0.7), u(0.14, 0.42)
    wave = (
        (u(-0.1, 0.04), u(0.16, 0.5)),
        (right * u(0.2, 0.4), u(0, 0.08), u(0, 0.5)),
        (right * u(0.45, 0.65), dip, u(0, 0.4)),
    )
    return (stroke(*wave, *stem_of_seven(u, right)),)


def crossed(form: Callable[[Uniform], Skeleton]) -> Callable[[Uniform], Skeleton]:
    """A 7 of this form with the bar through its stem."""

    def skeleton(u: Uniform) -> Skeleton:
        (body,) = form(u)
        y, tilt = u(0.44, 0.78), u(-0.05, 0.05)
        stem = body[-2:]
        x = float(np.interp(y, stem[:, 1], stem[:, 0])) + u(-0.03, 0.04)
        return body, stroke((x - u(0.1, 0.3), y + tilt), (x + u(0.16, 0.45), y - tilt))

    return skeleton


def looped_seven(u: Uniform) -> Skeleton:
    """Crossed without lifting the pen: from the foot back up to the left, then across."""
    right, y, foot = u(0.5, 0.62), u(0.46, 0.6), u(0.1, 0.2)
    path = (
        (u(-0.04, 0.04), u(0.02, 0.14)),
        (right * 0.5, u(0, 0.05)),
        (right, u(0, 0.06), u(0, 0.4)),
        (foot + 0.12, 0.62),
        (foot, u(0.95, 1), u(0, 0.6)),
        (foot - u(0.16, 0.26), y + u(0.1, 0.18)),
        (foot - u(0.06, 0.16), y, 0.8),
        (foot + u(0.36, 0.62), y + u(-0.05, 0.05)),
    )
    return (stroke(*path),)
