"""Pieces that the network has seen: which of them is the one digit of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digits.io.result import Digit
from digits.reading.single.components import Piece

RIM = 0.4  # for each side of the picture that a piece touches
WHOLE = 1.5  # power of the ink: a lone digit goes before its fragments, which look like others
LINE = 8  # a piece this many times as long as it is high is a line


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece, and what the network takes it for."""

    piece: Piece
    digit: Digit

    @property
    def looks(self) -> float:
        """How much the network likes it: sure that it is a digit, and sure which."""
        return max(self.digit.confidence, 1e-3)


def most_likely(candidates: Sequence[Candidate]) -> Digit | None:
    """The digit that is meant where a picture holds exactly one; None without candidates."""
    best = max(candidates, key=lambda c: likelihood(c.piece) * c.looks, default=None)
    return best.digit if best else None


def likelihood(piece: Piece) -> float:
    """How likely a piece is the one meant, by its ink and place alone; on no particular scale.

    Much ink and contrast count for it; lying far from the middle, being a long line and, where
    the picture may show paper around its digit, touching the rim count against it.
    """
    x, y, width, height = piece.box
    shape = piece.source.level.shape
    off = max(
        abs((x + width / 2) / shape[1] - 0.5),
        abs((y + height / 2) / shape[0] - 0.5),
    )
    line = 0.2 if width > LINE * height else 1.0
    rim = RIM**piece.rims if piece.source.roomy else 1.0
    place = float(line * rim * (1 - off) ** 2)
    return float(piece.source.chance * place * piece.mass**WHOLE * piece.contrast**2)
