"""How many answers can be kept if those that are not sure enough go to a person.

Sources: El-Yaniv and Wiener 2010, "On the Foundations of Noise-free Selective Classification",
JMLR 11, for risk and coverage; Geifman and El-Yaniv 2017, arXiv 1705.08500, for cutting a
network's answers at one confidence.
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
    """Of all answers, `coverage` are at least this sure; of those, `risk` are wrong."""

    coverage: float
    risk: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Selection:
    """The most answers that one cut can keep so that at least `precision` of them are right.

    n, errors: how many are kept, and how many of those are wrong. coverage: their share of all
    answers. confidence: of the least sure one kept, None where no cut will do; next_confidence:
    of the surest one left out, None where all are kept.
    """

    precision: float
    n: int
    errors: int
    coverage: float
    confidence: float | None
    next_confidence: float | None


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Share of wrong answers among those kept, over the share kept, from the surest to all.

    curve: at most POINTS cuts, the fewest kept first; every one at which an error enters, if
    there is room for them. kept: one for each of PRECISIONS. The cuts are found on the answers
    that they are measured on; they describe these and promise nothing of others.
    """

    curve: tuple[RiskPoint, ...]
    kept: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Every way to keep the surest answers, the fewest first; equally sure ones stay together.

    n, errors: (K,) answers kept and wrong ones among them. confidence: (K,) of the least sure kept.
    """

    n: Indices
    errors: Indices
    confidence: npt.NDArray[np.float64]


def risk_coverage(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> RiskCoverage:
    """Cut at every confidence. Both (N,), N > 0: of an answer, and whether it is right."""
    cuts = all_cuts(confidence, right)
    best = [widest(cuts, precision) for precision in PRECISIONS]
    return RiskCoverage(
        curve=tuple(_point(cuts, i) for i in thinned(cuts, [i for i in best if i is not None])),
        kept=tuple(_selection(cuts, *pair) for pair in zip(PRECISIONS, best, strict=True)),
    )


def all_cuts(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Cuts:
    """One cut below each confidence that occurs. Both (N,)."""
    order = np.argsort(-confidence, kind="stable")
    falling, errors = confidence[order], np.cumsum(~right[order], dtype=np.int64)
    last = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    kept: Indices = last + 1
    return Cuts(kept, errors[last], falling[last])


def widest(cuts: Cuts, precision: float) -> int | None:
    """Index of the cut that keeps most answers with at least `precision` of them right."""
    # right / n rounds to what "0.999" rounds to, so 999 of 1,000 do; 1 - errors / n would not
    enough = np.flatnonzero((cuts.n - cuts.errors) / cuts.n >= precision)
    return int(enough[-1]) if len(enough) else None


def thinned(cuts: Cuts, needed: list[int]) -> Indices:
    """At most POINTS indices of cuts, rising: first what is needed, then what shapes the curve."""
    every = np.arange(len(cuts.n))
    entering = np.flatnonzero(np.diff(cuts.errors, prepend=0))
    chosen = np.unique([0, len(every) - 1, *needed])
    for more in (entering, entering[entering > 0] - 1, every):
        new = np.setdiff1d(more, chosen)
        chosen = np.union1d(chosen, _spread(new, POINTS - len(chosen)))
    return chosen


def _spread(indices: Indices, room: int) -> Indices:
    """All of them, or `room` of them at even distances."""
    if len(indices) <= room:
        return indices
    return indices[np.linspace(0, len(indices) - 1, room).round().astype(np.int64)]


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
