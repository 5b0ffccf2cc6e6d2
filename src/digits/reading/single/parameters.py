"""The weights by which the one digit of a picture is chosen among candidates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SingleParameters:
    """Weights of a conditional logit over candidates and digits, per unit of each feature.

    polarity, ink_nearby, contrast, off_centre, classifier, is_digit: per natural logarithm of a
    probability or fraction. borders: per side of the picture that a candidate touches. detection,
    detector: per logit. What each feature is: `digits.reading.single.choose`. Fitted by
    benchmarks/fit_single.py on made-up pictures by writers kept back. prior: the probability that
    a picture of one digit shows one, as the user says it does; given, not fitted.
    """

    polarity: float = 0.73
    ink_nearby: float = 4.58
    contrast: float = 5.22
    borders: float = -1.94
    off_centre: float = 5.68
    detection: float = 0.87
    classifier: float = 0.73
    is_digit: float = 1.34
    detector: float = 0.50
    prior: float = 0.95


SINGLE = SingleParameters()
