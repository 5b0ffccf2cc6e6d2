"""Corrections of one hand → a profile, if a test on digits held out says that it helps."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.data import mnist
from digits.data.corrections import Correction
from digits.model.classifier import Classifier
from digits.model.profile import VOTES, Profile, Votes, directions, voted

CONFIRMED = 10  # digits confirmed right that a profile needs: corrections alone are the odd ones
ENOUGH = 0.9  # posterior probability that a profile fixes more than it breaks, to be used
LEVEL = 0.9  # of intervals
ALIKE = 5  # nearest corrections that a new one is compared with


@dataclass(frozen=True, slots=True)
class Trial:
    """Each taught digit read with and without what the others teach, a paired test.

    n: digits. errors_before, errors_after: without and with the profile. fixed, broken: digits that
    became right, and wrong. posterior: the probability that a changed answer is rather fixed than
    broken, from a uniform prior. interval: of the change of the error rate, 90 %, from the exact
    interval of the fraction fixed among the changed (Clopper and Pearson 1934).
    """

    n: int
    errors_before: int
    errors_after: int
    fixed: int
    broken: int
    posterior: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """Digits of other people, to tell what a profile changes for them.

    name: of the set. labels: (N,) uint8. probabilities: (N, 10); features: (N, F), by a classifier.
    """

    name: str
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]

    @classmethod
    def open(
        cls, classifier: Classifier, directory: str | os.PathLike[str] | None = None
    ) -> Reference:
        """MNIST's test part where it is at hand, else 500 drawn digits that come along.

        Takes some seconds, once for a classifier.
        """
        held = mnist.load_at_hand("test", directory)
        name, (tiles, labels) = ("MNIST test", held) if held else ("drawn digits", _drawn())
        probabilities, _, features = classifier.classify_features(tiles, tta=False)
        return cls(name, labels, probabilities, features)

    def change(self, profile: Profile) -> dict[str, Any]:
        """Name, n, errors_before and errors_after of these digits with a profile."""
        after = profile.applied(self.probabilities, self.features)
        return {
            "data": self.name,
            "n": len(self.labels),
            "errors_before": int((self.probabilities.argmax(axis=1) != self.labels).sum()),
            "errors_after": int((after.argmax(axis=1) != self.labels).sum()),
        }


@dataclass(frozen=True, slots=True)
class Teaching:
    """What came of teaching.

    confirmed, corrected: digits that the user confirmed, and corrected. needed: confirmed ones that
    are missing. trial: None while some are. reference: what changes for other people, see
    Reference.change. profile: None unless the trial allows its use.
    """

    confirmed: int
    corrected: int
    needed: int
    trial: Trial | None
    reference: dict[str, Any] | None
    profile: Profile | None

    @property
    def message(self) -> str:
        """One line for people."""
        trial = self.trial
        if trial is None:
            return f"not enough yet: {self.needed} more digits confirmed right"
        found = (
            f"of {trial.n} digits, each read with what the others teach, {trial.fixed} became "
            f"right and {trial.broken} wrong"
        )
        return f"{'taken into use' if self.profile else 'not taken into use'}: {found}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "confirmed": self.confirmed,
            "corrected": self.corrected,
            "needed": self.needed,
            "accepted": self.profile is not None,
            "message": self.message,
            "trial": None if self.trial is None else asdict(self.trial),
            "reference": self.reference,
        }


def teach(
    corrections: Sequence[Correction],
    classifier: Classifier,
    reference: Reference | None = None,
    votes: Votes = VOTES,
) -> Teaching:
    """Make a profile of what one hand's corrections teach, and test it.

    Answers of no digit teach nothing: a profile says which digit, never whether there is one. Of
    answers for the same tile the last one counts. reference: what other people's digits are looked
    at; None for none.
    """
    taught = list({each.tile.tobytes(): each for each in corrections}.values())
    taught = [each for each in taught if each.answer is not None]
    confirmed = sum(each.confirmed for each in taught)
    counts = confirmed, len(taught) - confirmed, max(CONFIRMED - confirmed, 0)
    if counts[2]:
        return Teaching(*counts, None, None, None)
    tiles = np.stack([each.tile for each in taught])
    answers = np.array([each.answer for each in taught], np.uint8)
    probabilities, _, features = classifier.classify_features(tiles, tta=False)
    trial = try_out(probabilities, features, answers, votes)
    profile = Profile(classifier.model.card["sha256"], features, answers, votes)
    change = None if reference is None else reference.change(profile)
    if trial.posterior < ENOUGH:
        return Teaching(*counts, trial, change, None)
    report = {"trial": asdict(trial), "reference": change}
    profile = Profile(profile.model, features, answers, votes, report)
    return Teaching(*counts, trial, change, profile)


def try_out(
    probabilities: NDArray[np.float32],
    features: NDArray[np.float32],
    answers: NDArray[np.uint8],
    votes: Votes,
) -> Trial:
    """Leave each of N digits out in turn and read it with what the others teach. See Trial.

    probabilities: (N, 10) by the network alone; features: (N, F); answers: (N,).
    """
    units = directions(features)
    near = units @ units.T
    np.fill_diagonal(near, -1)
    after = voted(probabilities, near, answers, votes).argmax(axis=1) == answers
    before = probabilities.argmax(axis=1) == answers
    fixed, broken = int((after & ~before).sum()), int((before & ~after).sum())
    n = len(answers)
    low, high = _interval(fixed, fixed + broken)
    changed = (fixed + broken) / max(n, 1)
    return Trial(
        n,
        int((~before).sum()),
        int((~after).sum()),
        fixed,
        broken,
        _binomial(fixed + broken + 1, 0, fixed, 0.5),
        (changed * (1 - 2 * high), changed * (1 - 2 * low)),
    )


def contradicting(
    tile: NDArray[np.uint8],
    answer: int | None,
    corrections: Sequence[Correction],
    classifier: Classifier,
) -> list[Correction]:
    """The nearest corrections, if most of them say something else than `answer` of a like tile.

    The nearest five of those within the reach of votes are asked, three at the least; empty if they
    agree, or are fewer. After confident learning (Northcutt et al. 2021, arXiv 1911.00068).
    """
    if not corrections:
        return []
    tiles = np.stack([tile, *(each.tile for each in corrections)])
    units = directions(classifier.classify_features(tiles, tta=False)[2])
    cosine = units[1:] @ units[0]
    nearest = [i for i in np.argsort(-cosine, kind="stable")[:ALIKE] if cosine[i] > VOTES.floor]
    others = [corrections[i] for i in nearest if corrections[i].answer != answer]
    return others if len(others) >= 3 and 2 * len(others) > len(nearest) else []


def _binomial(n: int, first: int, last: int, p: float) -> float:
    """The probability of first to last successes among n."""
    return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(first, last + 1))


def _interval(successes: int, n: int) -> tuple[float, float]:
    """The exact interval of a fraction (Clopper and Pearson 1934), at LEVEL."""
    tail = (1 - LEVEL) / 2

    def solve(first: int, last: int, rises: bool) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            is_below = (_binomial(n, first, last, middle) < tail) == rises
            low, high = (middle, high) if is_below else (low, middle)
        return low

    least = solve(successes, n, True) if successes else 0.0
    most = solve(0, successes, False) if successes < n else 1.0
    return least, most


def _drawn() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """500 digits by the project's own pen, (500, 28, 28), and what they are (500,)."""
    with (resources.files(__package__) / "drawn.npz").open("rb") as file:
        content = np.load(file)
        return content["tiles"], content["labels"]
