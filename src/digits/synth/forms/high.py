"""The forms of 8 and 9."""

from __future__ import annotations

from digits.synth.forms.strokes import Skeleton, Uniform, ellipse, stroke


def loops_of_eight(u: Uniform) -> tuple[float, float, float]:
    """Half widths of the upper and the lower loop, and the height of the waist."""
    lower = u(0.2, 0.34)
    return lower * u(0.65, 1.25), lower, u(0.38, 0.56)


def s_eight(u: Uniform) -> Skeleton:
    """One stroke that starts at the top right as an S and climbs back; open or closed above."""
    upper, lower, waist = loops_of_eight(u)
    path = (
        (0.3 + upper * u(0.5, 1), u(0.04, 0.12)),
        (0.3, 0),
        (0.3 - upper, waist / 2),
        (0.3, waist),
        (0.3 + lower, (1 + waist) / 2),
        (0.3, 1),
        (0.3 - lower, (1 + waist) / 2),
        (0.3 + u(-0.04, 0.04), waist),
        (0.3 + upper * u(0.8, 1.1), waist / 2),
        (0.3 + upper * u(0.1, 1.2), u(-0.06, 0.1)),
    )
    return (stroke(*path),)


def mirrored_eight(u: Uniform) -> Skeleton:
    """The same the other way round: it starts at the top left."""
    body = s_eight(u)[0].copy()
    body[:, 0] = 0.6 - body[:, 0]
    return (body,)


def circles_eight(u: Uniform) -> Skeleton:
    upper, lower, waist = loops_of_eight(u)
    top = ellipse((0.3, waist / 2), (upper, waist / 2), u(60, 120), -u(355, 385))
    bottom = ellipse(
        (0.3 + u(-0.04, 0.04), (1 + waist) / 2),
        (lower, (1 - waist) / 2),
        u(-120, -60),
        -u(355, 385),
    )
    return top, bottom


def pointed_eight(u: Uniform) -> Skeleton:
    """Straight diagonals that cross, with narrow turns above and below."""
    upper, lower, waist = loops_of_eight(u)
    path = (
        (0.3 + upper, u(0.02, 0.08)),
        (0.3, -0.01, 0.7),
        (0.3 - upper, u(0.1, 0.16), 0.7),
        (0.3, waist, 0.7),
        (0.3 + lower, u(0.82, 0.9), 0.7),
        (0.3, 1, 0.7),
        (0.3 - lower, u(0.84, 0.92), 0.7),
        (0.3, waist, 0.4),
        (0.3 + upper * u(0.7, 1), 0.04),
    )
    return (stroke(*path),)


def ribbon_eight(u: Uniform) -> Skeleton:
    """A slim loop below, two ends that cross and stay open above."""
    upper, lower, waist = u(0.08, 0.22), u(0.05, 0.16), u(0.3, 0.55)
    path = (
        (0.3 - upper, u(0, 0.2)),
        (0.3 - lower * 0.2, waist),
        (0.3 + lower, u(0.78, 0.88)),
        (0.3, 1),
        (0.3 - lower, u(0.78, 0.88)),
        (0.3 + lower * 0.2, waist),
        (0.3 + upper, u(0, 0.2)),
    )
    return (stroke(*path),)


def waist_eight(u: Uniform) -> Skeleton:
    """It starts in the waist: upper loop first, then the lower one."""
    upper, lower, waist = loops_of_eight(u)
    path = (
        (0.3 + u(-0.02, 0.06), waist + u(-0.04, 0.02)),
        (0.3 - upper, waist / 2),
        (0.3, 0),
        (0.3 + upper, waist / 2),
        (0.3, waist),
        (0.3 - lower, (1 + waist) / 2),
        (0.3, 1),
        (0.3 + lower, (1 + waist) / 2),
        (0.3 + u(-0.06, 0.04), waist + u(-0.02, 0.04)),
    )
    return (stroke(*path),)


def loop_of_nine(u: Uniform) -> list[tuple[float, ...]]:
    """The loop from its right end over the top, round and back up to the stem."""
    right, bottom = u(0.44, 0.58), u(0.42, 0.54)
    return [
        (right - u(0, 0.1), u(0.06, 0.18)),
        (right * 0.55, 0),
        (right * 0.12, bottom * 0.3),
        (0.02, bottom * 0.62),
        (right * 0.38, bottom),
        (right * 0.8, bottom * 0.75),
        (right, u(0.12, 0.24), u(0.2, 0.8)),
    ]


def straight_nine(u: Uniform) -> Skeleton:
    loop = loop_of_nine(u)
    right = loop[-1][0]
    return (stroke(*loop, (right - u(0, 0.04), 0.55), (right - u(0, 0.2), 1)),)


def curled_nine(u: Uniform) -> Skeleton:
    """The stem bends into a tail to the left."""
    loop = loop_of_nine(u)
    right = loop[-1][0]
    tail = (
        (right + u(-0.02, 0.03), u(0.5, 0.58)),
        (right - u(0.04, 0.1), u(0.8, 0.86)),
        (right * u(0.4, 0.55), 1),
        (u(-0.08, 0.12), u(0.86, 0.98)),
    )
    return (stroke(*loop, *tail),)


def hooked_nine(u: Uniform) -> Skeleton:
    """A tail as of a g, which turns up again."""
    loop = loop_of_nine(u)
    right = loop[-1][0]
    tail = (
        (right + u(-0.03, 0.02), u(0.55, 0.62)),
        (right - 0.05, u(0.84, 0.9)),
        (right * 0.5, 1),
        (u(-0.06, 0.04), u(0.84, 0.92)),
        (u(0.02, 0.1), u(0.74, 0.8)),
    )
    return (stroke(*loop, *tail),)


def s_nine(u: Uniform) -> Skeleton:
    """A loop that is left open, and a tail that is round or swings straight out: two bows one
    above the other."""
    right, bottom = u(0.44, 0.56), u(0.4, 0.48)
    loop = (
        (right - u(0, 0.06), u(0.07, 0.13)),
        (right * 0.5, 0),
        (0.02, bottom * 0.5),
        (right * 0.4, bottom),
        (right * 0.95, bottom * u(0.35, 0.72), 0.4),
    )
    end = u(0.84, 1.04)
    tail = (
        (right + u(0, 0.08), u(0.56, 0.64)),
        (right * 0.85, u(0.82, 0.9)),
        (right * 0.45, max(1 - (end - 0.84) / 4, 0.95)),
        (u(-0.08, 0.08), end),
    )
    return (stroke(*loop, *tail),)


def waisted_nine(u: Uniform) -> Skeleton:
    """A closed loop, and a tail that sets out from inside it and bulges to the right."""
    right, bottom = u(0.42, 0.54), u(0.36, 0.46)
    loop = (
        (right, u(0.08, 0.16)),
        (right * 0.55, 0),
        (0.03, bottom * 0.45),
        (right * 0.35, bottom),
        (right * 0.8, bottom * 0.8),
        (right, bottom * u(0.3, 0.5), 0.3),
    )
    tail = (
        (right * u(0.85, 0.97), bottom + 0.05, 0.6),
        (right + u(-0.02, 0.08), u(0.62, 0.72)),
        (right * 0.5, 1),
        (u(-0.14, 0.04), u(0.86, 0.98)),
    )
    return (stroke(*loop, *tail),)


def based_nine(u: Uniform) -> Skeleton:
    """A small loop, often begun inside, and a tail that sweeps right and back along the line."""
    right, bottom, inside = u(0.34, 0.5), u(0.3, 0.46), u(0, 0.7)
    loop = (
        (right * (1 - inside / 2), bottom * (0.3 + inside / 3)),
        (right * 0.55, 0),
        (u(0, 0.06), bottom * 0.5),
        (right * 0.45, bottom),
        (right, bottom * u(0.4, 0.8), 0.8),
        (right * u(0.7, 0.95), bottom * u(0.05, 0.4), 0.4),
    )
    tail = (
        (right * u(0.8, 1), bottom + u(0.06, 0.16)),
        (right + u(0, 0.2), u(0.7, 0.86)),
        (right * 0.55, u(0.93, 1)),
        (u(-0.3, 0), u(0.92, 1.02)),
    )
    return (stroke(*loop, *tail),)


def bellied_nine(u: Uniform) -> Skeleton:
    """A loop that closes at its foot, then a belly to the right and a base to the left: an 8
    that is open at the lower left."""
    radius, waist, middle = u(0.16, 0.27), u(0.36, 0.52), u(0.22, 0.34)
    loop = (
        (middle + radius * u(-0.6, 0.9), waist * u(0.2, 0.6)),
        (middle, 0),
        (middle - radius, waist / 2),
        (middle - radius * u(0, 0.4), waist),
        (middle + radius * 0.8, waist * 0.75),
        (middle + radius * u(0.8, 1), waist * u(0.25, 0.5), u(0.3, 1)),
        (middle + radius * u(-0.2, 0.5), waist + u(0, 0.06), u(0.2, 0.8)),
    )
    tail = (
        (middle + u(0.12, 0.3), u(0.68, 0.8)),
        (middle + u(0.02, 0.2), u(0.93, 1), u(0, 1)),
        (max(middle - u(0.25, 0.6), -0.3), u(0.9, 1.02)),
    )
    return (stroke(*loop, *tail),)


def rho_nine(u: Uniform) -> Skeleton:
    """Slanted, from the foot up and round: the loop hangs at the right of the stem's head."""
    foot, right, bottom = u(-0.2, 0.1), u(0.48, 0.64), u(0.26, 0.42)
    path = (
        (foot, 1),
        (foot + (0.22 - foot) * 0.55, 0.5),
        (0.24, u(0.05, 0.14), 0.7),
        (right * 0.8, 0),
        (right, bottom * 0.5),
        (right * 0.72, bottom),
        (u(0.14, 0.22), bottom * u(0.7, 1.1)),
    )
    return (stroke(*path),)


def q_nine(u: Uniform) -> Skeleton:
    """A circle, and beside it a stem as of a q."""
    radii = (u(0.2, 0.28), u(0.22, 0.28))
    stem = 0.27 + radii[0] + u(-0.03, 0.03)
    circle = ellipse((0.27, radii[1]), radii, u(-60, -20), -u(340, 375))
    return circle, stroke((stem, u(-0.02, 0.12)), (stem + u(-0.06, 0.02), 1))
