"""Selective classification: how many answers a minimum confidence keeps, and how many are wrong.

Sources: El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification",
JMLR 11, for risk and coverage; Geifman and El-Yaniv 2017, arXiv 1705.08500, for a threshold on a
network's confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PRECISIONS = (0.999, 0.9999)
POINTS = 200

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """A fraction `coverage` of answers has at least this confidence; `risk` of those are wrong."""

    coverage: float
    risk: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Selection:
    """The largest set of most confident answers of which at least `precision` are right.

    n, errors: answers kept, and wrong ones among them. coverage: the fraction kept. confidence:
    the lowest one kept, None if no cut suffices; next_confidence: the highest one left out, None
    if all are kept.
    """

    precision: float
    n: int
    errors: int
    coverage: float
    confidence: float | None
    next_confidence: float | None


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Error rate of the answers kept, over the fraction kept, the most confident first.

    curve: at most POINTS cuts by rising coverage, with each cut at which an error enters if there
    are few enough. kept: one for each of PRECISIONS. The cuts are chosen on the answers that they
    are measured on; they do not predict the precision on others.
    """

    curve: tuple[RiskPoint, ...]
    kept: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """All cuts of the answers by confidence, the fewest kept first; ties stay together.

    n, errors: (K,) answers kept, and wrong ones among them. confidence: (K,) the lowest one kept.
    """

    n: Indices
    errors: Indices
    confidence: npt.NDArray[np.float64]


def risk_coverage(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> RiskCoverage:
    """Risk and coverage of N > 0 answers: confidence (N,), and whether each is right (N,)."""
    cuts = all_cuts(confidence, right)
    best = [widest(cuts, precision) for precision in PRECISIONS]
    return RiskCoverage(
        curve=tuple(_point(cuts, i) for i in thinned(cuts, [i for i in best if i is not None])),
        kept=tuple(_selection(cuts, *pair) for pair in zip(PRECISIONS, best, strict=True)),
    )


def all_cuts(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Cuts:
    """One cut below each confidence that occurs; both arguments (N,)."""
    order = np.argsort(-confidence, kind="stable")
    falling, errors = confidence[order], np.cumsum(~right[order], dtype=np.int64)
    last = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    kept: Indices = last + 1
    return Cuts(kept, errors[last], falling[last])


def widest(cuts: Cuts, precision: float) -> int | None:
    """Index of the cut that keeps most answers with at least `precision` of them right, or None."""
    # right / n rounds to what "0.999" rounds to, so 999 of 1,000 do; 1 - errors / n would not
    enough = np.flatnonzero((cuts.n - cuts.errors) / cuts.n >= precision)
    return int(enough[-1]) if len(enough) else None


def thinned(cuts: Cuts, needed: list[int]) -> Indices:
    """At most POINTS rising indices of cuts: those needed, then those that shape the curve."""
    every = np.arange(len(cuts.n))
    entering = np.flatnonzero(np.diff(cuts.errors, prepend=0))
    chosen = np.unique([0, len(every) - 1, *needed])
    for more in (entering, entering[entering > 0] - 1, every):
        new = np.setdiff1d(more, chosen)
        chosen = np.union1d(chosen, _spread(new, POINTS - len(chosen)))
    return chosen


def _spread(indices: Indices, count: int) -> Indices:
    """All of them, or `count` of them at even distances."""
    if len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).round().astype(np.int64)]


def _point(cuts: Cuts, i: int) -> RiskPoint:
    return RiskPoint(
        coverage=float(cuts.n[i] / cuts.n[-1]),
        risk=float(cuts.errors[i] / cuts.n[i]),
        confidence=float(cuts.confidence[i]),
    )


def _selection(cuts: Cuts, precision: float, i: int | None) -> Selection:
    following = 0 if i is None else i + 1
    return Selection(
        precision=precision,
        n=0 if i is None else int(cuts.n[i]),
        errors=0 if i is None else int(cuts.errors[i]),
        coverage=0.0 if i is None else float(cuts.n[i] / cuts.n[-1]),
        confidence=None if i is None else float(cuts.confidence[i]),
        next_confidence=(float(cuts.confidence[following]) if following < len(cuts.n) else None),
    )
