"""Pieces that the network has seen: which of those that overlap are the digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digits.reading.ink import SMALL
from digits.reading.pieces import Piece, covers
from digits.reading.reading import Digit, Rejected

ACCEPTED = 0.5  # is_digit from which a piece counts as a digit
COVERED = 0.3  # pieces that share more than this of the smaller box exclude each other
TOO_SMALL = 0.35  # beside a page's digits, a piece of less than this share of their height is dirt
TOO_FAINT = 0.4  # and of less than this share of their contrast it is ruling or shadow
SOFTEST = 0.12  # contrast along its outline below which a piece is shading
SOFTEST_SMALL = 0.3  # the same at the rim, and where a pixel is a good part of a stroke
WEAKEST = 0.025  # contrast, as a share of the paper's light, of the faintest pencil
SHORTEST = 10  # pixels of the grid; grain is smaller
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
        return max(self.digit.is_digit * self.digit.confidence, 1e-3)


def choose(candidates: Sequence[Candidate]) -> tuple[list[Digit], list[Rejected]]:
    """Of all candidates on a page, the digits, and what remains as rejected ink.

    Where candidates overlap, the one wins that has the most ink, stands out most from what
    surrounds it and looks most like a digit. A page is written with one pen and in one size:
    what is much fainter or smaller than its digits is none.
    """
    ranked = sorted(candidates, key=_strength, reverse=True)
    digits = _apart([c for c in ranked if c.digit.is_digit >= ACCEPTED and _has_edges(c.piece)])
    if digits:
        usual = _usual_contrast(digits)
        digits = [c for c in digits if c.piece.contrast >= TOO_FAINT * usual]
        common = float(np.median([c.piece.box[3] for c in digits]))
        digits = [c for c in digits if c.piece.box[3] >= TOO_SMALL * common]
        ranked = [
            c
            for c in ranked
            if max(c.piece.box[2:]) >= TOO_SMALL * common and c.piece.contrast >= TOO_FAINT * usual
        ]
    left = [c for c in ranked if all(covers(c.piece.box, d.piece.box) < COVERED for d in digits)]
    rejected = [Rejected(c.digit.box, _reason(c)) for c in _apart(left)]
    return [c.digit for c in digits], rejected


def _has_edges(piece: Piece) -> bool:
    """Whether ink ends as a pen's does: shading fades out, and grain is small."""
    small = max(piece.source.level.shape) <= SMALL
    if piece.rims > 1 and max(piece.box[2:]) > LINE * min(piece.box[2:]):
        return False  # from rim to rim: the edge of a shadow, or of the paper
    softest = SOFTEST_SMALL if small or piece.rims else SOFTEST
    visible = piece.contrast * piece.source.darkest >= WEAKEST
    return piece.contrast >= softest and visible and (small or max(piece.box[2:]) >= SHORTEST)


def _strength(candidate: Candidate) -> float:
    piece = candidate.piece
    return candidate.looks * piece.source.chance * piece.mass * piece.contrast**2


def _usual_contrast(candidates: Sequence[Candidate]) -> float:
    """The contrast up to which half of all ink reaches."""
    ordered = sorted(candidates, key=lambda c: c.piece.contrast)
    ink = np.cumsum([c.piece.mass for c in ordered])
    return ordered[int(np.searchsorted(ink, ink[-1] / 2))].piece.contrast


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


def _apart(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that no better one excludes."""
    kept: list[Candidate] = []
    for each in ranked:
        if all(covers(each.piece.box, other.piece.box) < COVERED for other in kept):
            kept.append(each)
    return kept


def _reason(candidate: Candidate) -> str:
    _, _, width, height = candidate.piece.box
    if max(width, height) > LINE * min(width, height):
        return "line"
    return "no digit"
