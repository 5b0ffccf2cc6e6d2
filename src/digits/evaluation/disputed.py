"""The labels of the MNIST test set that human raters did not confirm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DISPUTED_TEST_LABELS: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {
        947: (9,),
        1621: (6,),
        1901: (4,),
        2130: (4, 9),
        2462: (0,),
        2597: (3,),
        2654: (),
        3520: (),
        3558: (0,),
        5937: (3,),
        6651: (6,),
        6783: (6,),
        8527: (4, 9),
        9679: (),
        9729: (6,),
    }
)
"""Index in the MNIST test set → the majority answer of five raters instead of the label.

Two digits: a tie between them; none: neither the label nor the other proposed digit.
The labels themselves stay as they are. Source: Northcutt, Athalye, Mueller 2021, "Pervasive
Label Errors in Test Sets Destabilize Machine Learning Benchmarks", arXiv 2103.14749, and its
data in github.com/cleanlab/label-errors: 100 candidates, five raters each, 15 not confirmed.
"""
