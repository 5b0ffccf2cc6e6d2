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

    polarity: float = 2.12
    ink_nearby: float = 1.00
    contrast: float = 2.99
    borders: float = -2.18
    off_centre: float = 8.30
    detection: float = 0.72
    classifier: float = 0.73
    is_digit: float = 1.69
    detector: float = 0.99
    prior: float = 0.95


SINGLE = SingleParameters()
