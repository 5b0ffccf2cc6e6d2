"""Writer, script and typeface of one page."""

from __future__ import annotations

from dataclasses import dataclass

from digits.synth.letters import Script, make_up_word
from digits.synth.stroke_hand import StrokeHand
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import Glyph, Random, Writer, write_word
from digits.synth.written_number import Habits, Written, write_number

PRINTING = Habits(
    gap=0.12, unrest=0.0, rise=0.0, zeros=1.0, ones=1.0, joins=0.0, lean=0.0, marks=0.0
)


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Writer of the numbers and his habits, script or typeface of the words, face of what is
    printed.

    height: of a digit in pixels. pen: width of the line of words, in heights of a capital.
    """

    writer: Writer
    habits: Habits
    script: Script | TypeWriter | StrokeHand
    face: TypeWriter
    height: int
    pen: float

    def number(self, text: str, rng: Random, height: int | None = None, room: int = 0) -> Written:
        """A number in this hand, `height` pixels high or as usual; smaller where it would not fit
        into a width of `room` pixels."""
        size = height or self.height
        if room:
            size = min(size, round(room / (0.75 * len(text) + 1)))
        return write_number(self.writer, self.habits, text, max(size, 6), rng)

    def printed(self, text: str, height: int, rng: Random) -> Written:
        """A number as it is printed."""
        return write_number(self.face, PRINTING, text, height, rng)

    def word(self, rng: Random, height: int | None = None) -> Glyph:
        """Some word in this script, its capitals `height` pixels high or as digits are."""
        size = height or self.height
        if isinstance(self.script, StrokeHand):
            return self.script.word(size, rng)
        if isinstance(self.script, TypeWriter):
            return self.script.word(make_up_word(rng), size)
        return write_word(self.script, make_up_word(rng), size, self.pen * size, rng)
