"""Figures and mistakes as one HTML page that needs nothing but itself.

Pages extend `base.html.j2` and take their parts from the macros in `figures.html.j2`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from digits.errors import require
from digits.evaluation import figures, wording
from digits.evaluation.score import Score, TestSet, compare, mistakes
from digits.files import write_atomically

if TYPE_CHECKING:
    import jinja2

GALLERY_LIMIT = 200  # a picture is half a kilobyte; nobody looks at more
FILTERS = (
    "count", "counted", "level", "percent", "percent_range", "rated", "threshold", "verdict",
)  # fmt: skip
"""The functions of `wording` that templates use."""


def write_report(path: str | Path, scores: Sequence[Score], test_set: TestSet) -> None:
    """Write the page for one or several models scored on one test set.

    Raises MissingExtraError without Jinja2, DigitsError if `path` cannot be written.
    """
    write_atomically(path, render(scores, test_set))


def render(scores: Sequence[Score], test_set: TestSet) -> str:
    """The page as text: a comparison where there are several models, then each in full."""
    return (
        environment()
        .get_template("evaluation.html.j2")
        .render(
            scores=scores,
            comparisons=compare(scores, test_set),
            galleries=[mistakes(score, test_set) for score in scores],
            limit=GALLERY_LIMIT,
            data=test_set.name,
            disputed=test_set.disputed,
        )
    )


def environment() -> jinja2.Environment:
    """Jinja2 with this folder's templates, escaping, and the figures' wording as filters."""
    engine = require("jinja2", "report")
    result: jinja2.Environment = engine.Environment(
        loader=engine.PackageLoader("digits.evaluation", "templates"),
        autoescape=True,
        undefined=engine.StrictUndefined,
        finalize=keep_with_unit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in FILTERS:
        result.filters[name] = getattr(wording, name)
    result.filters["log10"] = math.log10
    result.filters["picture"] = figures.data_uri
    result.filters["reason"] = figures.reason_uri
    return result


def keep_with_unit(value: object) -> object:
    """Text in which no line breaks between a number and its sign: "99.61 %", "p < 0.01"."""
    if not isinstance(value, str):
        return value
    for sign in (" %", "p = ", "p < "):
        value = value.replace(sign, sign.replace(" ", "\N{NO-BREAK SPACE}"))
    return value
