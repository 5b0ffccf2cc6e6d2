"""Figures as aligned text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from digits.evaluation.metrics import BINS, ClassScore, Evaluation
from digits.evaluation.score import Comparison, Score
from digits.evaluation.selective import Selection
from digits.evaluation.wording import (
    count,
    counted,
    level,
    percent,
    percent_range,
    threshold,
    verdict,
)


def summary(score: Score) -> str:
    """Everything about one model: headline figures, the ten classes, the confusion matrix."""
    parts = _headline(score), _classes(score.evaluation), _confusion(score.evaluation)
    return "\n\n".join("\n".join(lines) for lines in parts)


def _headline(score: Score) -> list[str]:
    evaluation = score.evaluation
    speed = round(evaluation.n / score.seconds) if score.seconds else 0
    rows = [
        (
            "accuracy",
            percent(evaluation.accuracy),
            f"95 % interval {percent_range(evaluation.interval)}",
        ),
        ("errors", count(evaluation.errors), f"of {count(evaluation.n)}"),
        *_disputed(evaluation),
        ("log-loss", f"{evaluation.log_loss:.4f}", "nats a digit"),
        ("ECE", percent(evaluation.ece), f"calibration error, {BINS} bins of confidence"),
        *(_kept(selection) for selection in evaluation.risk_coverage.kept),
        ("seconds", f"{score.seconds:.2f}", f"{counted(speed, 'digit')} a second"),
    ]
    title = f"{score.model} on {counted(evaluation.n, 'digit')} of the {score.data}"
    return [title, "", *(f"  {name:<20}{value:>9}   {note}" for name, value, note in rows)]


def _disputed(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    if evaluation.n_without_disputed is None or evaluation.errors_without_disputed is None:
        return []
    note = (
        f"{counted(evaluation.errors_without_disputed, 'error')} "
        f"of {count(evaluation.n_without_disputed)}"
    )
    return [("without disputed", percent(evaluation.accuracy_without_disputed), note)]


def _kept(selection: Selection) -> tuple[str, str, str]:
    if selection.confidence is None:
        note = "of answers; even the surest are wrong more often"
    elif selection.next_confidence is None:
        note = f"of answers; {counted(selection.errors, 'error')}"
    else:
        errors = counted(selection.errors, "error")
        note = f"of answers, those of {threshold(selection)} and more; {errors}"
    return (f"coverage at {level(selection.precision)}", percent(selection.coverage), note)


def _classes(evaluation: Evaluation) -> list[str]:
    rows = (
        f"  {c.digit:>5}{count(c.n):>8}{count(c.errors):>8}{percent(c.accuracy):>10}"
        f"   {_taken_for(c)}".rstrip()
        for c in evaluation.per_class
    )
    return [f"  {'digit':>5}{'n':>8}{'errors':>8}{'right':>10}   most often taken for", *rows]


def _taken_for(score: ClassScore) -> str:
    if score.taken_for is None:
        return ""
    return f"{score.taken_for}  ({counted(score.taken_for_count, 'time')})"


def _confusion(evaluation: Evaluation) -> list[str]:
    """Given labels down, answers across; a dot where nothing happened."""
    width = max(6, max(len(str(n)) for row in evaluation.confusion for n in row) + 2)
    head = "  given \\ answer" + "".join(f"{answer:>{width}}" for answer in range(10))
    rows = (
        f"  {given:>14}" + "".join(f"{n or '.':>{width}}" for n in row)
        for given, row in enumerate(evaluation.confusion)
    )
    return [head, *rows]


def comparisons(compared: Iterable[Comparison]) -> str:
    """One sentence a pair."""
    return "\n".join(verdict(comparison) for comparison in compared)
