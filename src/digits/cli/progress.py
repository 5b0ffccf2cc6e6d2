"""How far a long job is, on one line of a terminal."""

from __future__ import annotations

import sys
import time

from digits.batch.ledger import Ledger
from digits.batch.rows import Rows, class_of
from digits.batch.shards import Item

PAUSE = 0.2  # seconds between two looks


class Progress:
    """Pictures read, how many a second, and the time left; on a terminal only."""

    def __init__(self, ledger: Ledger | None) -> None:
        """ledger: what there is to do; None if that is not known."""
        self._ledger = ledger
        self._is_shown = sys.stderr.isatty()
        self._begin = self._printed = time.monotonic()
        self._read = self._failed = 0
        self._before = ledger.pictures if ledger else 0
        self._parts_before = len(ledger.done) if ledger else 0

    def add(self, item: Item, pages: list[Rows]) -> None:
        """A picture more is read."""
        self._read += 1
        self._failed += bool(class_of(pages))
        now = time.monotonic()
        if self._is_shown and now >= self._printed + PAUSE:
            self._printed = now
            print(f"\r\x1b[K{self.line(now - self._begin)}", end="", file=sys.stderr, flush=True)

    def line(self, seconds: float) -> str:
        """What is shown after so many seconds."""
        parts = [f"{self._before + self._read:,} pictures", f"{self._read / seconds:.1f} a second"]
        left = self._left(seconds)
        if left is not None:
            parts.append(f"{_clock(left)} left")
        if self._failed:
            parts.append(f"{self._failed:,} not read")
        return " · ".join(parts)

    def _left(self, seconds: float) -> float | None:
        """Seconds that the rest takes, by the pictures if their number is known, else by the
        parts; None if neither can tell."""
        if self._ledger is None:
            return None
        inputs = self._ledger.inputs
        if inputs["pictures"] is not None:
            rest, done = inputs["pictures"] - self._before - self._read, self._read
        else:
            done = len(self._ledger.done) - self._parts_before
            rest = inputs["shards"] - len(self._ledger.done)
        return max(0, rest) * seconds / done if done else None

    def end(self) -> None:
        """Take the line away."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, as a clock shows them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
