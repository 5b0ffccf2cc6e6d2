"""The forms in which people write the ten digits, as pen strokes.

Every form is a function that draws its proportions from a random generator and returns a
skeleton: one array of control points a stroke, in the order in which a hand writes them. x runs
to the right from about 0 to 0.6, y down from 0, the top of the digit, to 1, the writing line.
A form always has the same number of points, so that two skeletons of it can be blended. The
ranges keep what a reader tells digits apart by: the up-stroke of a 1 climbs and the bar of a 7
is flat, a closed 4 is pointed and the loop of a 9 is round, the bowl of a 6 stays below its stem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digits.synth.forms import high, low, middle
from digits.synth.forms.strokes import Skeleton, Uniform


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a digit, and how common it is in each school of writing, in percent.

    Three decimals stand where forms came later: the others kept their proportions.
    """

    skeleton: Callable[[Uniform], Skeleton]
    plain: float
    continental: float
    ornate: float
    printed: float


FORMS: tuple[tuple[Form, ...], ...] = (
    (
        Form(low.round_zero, 78, 76, 55, 60),
        Form(low.open_zero, 8, 8, 5, 5),
        Form(low.curled_zero, 12, 15, 40, 5),
        Form(low.slashed_zero, 2, 1, 0, 30),
    ),
    (
        Form(low.bar_one, 62, 3.636, 20.175, 14),
        Form(low.flagged_one, 18, 21.818, 25.439, 15),
        Form(low.long_one, 5, 36.365, 14.035, 0),
        Form(low.bowed_one, 2, 10.909, 14.035, 0),
        Form(low.flat_one, 0, 9.091, 5.263, 0),
        Form(low.looped_one, 0, 9.091, 12.281, 0),
        Form(low.based_one, 10, 3.636, 5.263, 60),
        Form(low.long_based_one, 1, 4.545, 3.509, 5),
        Form(low.bar_based_one, 2, 0.909, 0, 6),
    ),
    (
        Form(low.plain_two, 44, 46, 15, 70),
        Form(low.wavy_two, 15, 18, 25, 4),
        Form(low.looped_two, 25, 12, 35, 0),
        Form(low.curly_two, 5, 9, 17, 6),
        Form(low.closed_two, 1, 3, 8, 0),
        Form(low.z_two, 10, 12, 0, 20),
    ),
    (
        Form(low.round_three, 58.41, 44.18, 25.8, 68),
        Form(low.looped_three, 11.88, 9.4, 21.5, 0),
        Form(low.curly_three, 5.94, 7.52, 17.2, 2),
        Form(low.flat_three, 7.92, 14.1, 8.6, 20),
        Form(low.pointed_three, 14.85, 18.8, 12.9, 10),
        Form(low.footed_three, 1, 6, 14, 0),
    ),
    (
        Form(low.open_four, 36.635, 34.259, 21.818, 45),
        Form(low.curved_four, 24.752, 5.556, 25.455, 0),
        Form(low.closed_four, 18.812, 12.963, 4.545, 50),
        Form(low.one_stroke_closed_four, 4.95, 5.556, 8.182, 5),
        Form(low.lightning_four, 10.891, 23.148, 20, 0),
        Form(low.hooked_four, 2.97, 11.111, 10.909, 0),
        Form(low.waved_four, 0.99, 7.407, 9.091, 0),
    ),
    (
        Form(middle.capped_five, 57.42, 52.8, 45, 55),
        Form(middle.one_stroke_five, 19.8, 24, 18, 20),
        Form(middle.s_five, 17.82, 11.52, 25.2, 2),
        Form(middle.angular_five, 3.96, 7.68, 1.8, 23),
        Form(middle.closed_five, 1, 4, 10, 0),
    ),
    (
        Form(middle.straight_six, 44, 48, 22, 50),
        Form(middle.curly_six, 32, 32, 60, 40),
        Form(middle.open_six, 12, 8, 10, 2),
        Form(middle.b_six, 12, 12, 8, 8),
    ),
    (
        Form(middle.plain_seven, 60, 7, 9, 45),
        Form(middle.curved_seven, 22, 4, 13, 10),
        Form(middle.serif_seven, 5, 3, 5, 12),
        Form(middle.waved_seven, 5, 6, 18, 0),
        Form(middle.crossed(middle.plain_seven), 6, 26, 5, 25),
        Form(middle.crossed(middle.curved_seven), 1, 11, 8, 0),
        Form(middle.crossed(middle.serif_seven), 0, 7, 7, 8),
        Form(middle.crossed(middle.waved_seven), 1, 15, 14, 0),
        Form(middle.crossed(middle.zigzag_seven), 0, 16, 16, 0),
        Form(middle.looped_seven, 0, 5, 5, 0),
    ),
    (
        Form(high.s_eight, 53, 44, 41, 40),
        Form(high.mirrored_eight, 15, 18, 20, 10),
        Form(high.circles_eight, 10, 10, 5, 40),
        Form(high.pointed_eight, 12, 12, 10, 2),
        Form(high.waist_eight, 8, 10, 18, 8),
        Form(high.ribbon_eight, 2, 6, 6, 0),
    ),
    (
        Form(high.straight_nine, 46, 9.87, 6.648, 35),
        Form(high.curled_nine, 24, 24.528, 16.667, 45),
        Form(high.hooked_nine, 6, 11.321, 18.627, 10),
        Form(high.s_nine, 5, 8.998, 11, 0),
        Form(high.waisted_nine, 2, 11.321, 13.725, 0),
        Form(high.based_nine, 2, 11.321, 11.765, 0),
        Form(high.bellied_nine, 1, 12.264, 10.784, 0),
        Form(high.rho_nine, 0, 2.83, 2.941, 0),
        Form(high.q_nine, 14, 7.547, 7.843, 10),
    ),
)
