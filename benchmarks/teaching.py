"""How much a hand's own digits help: a profile, a refitted last layer, a fine-tuned network.

.venv/bin/python benchmarks/teaching.py hands FILE [--data DIR]
.venv/bin/python benchmarks/teaching.py choose FILE
.venv/bin/python benchmarks/teaching.py report FILE [--writers TABLE]
.venv/bin/python benchmarks/teaching.py finetune FILE [--data DIR]
.venv/bin/python benchmarks/teaching.py sample

hands     render the digits of everyone with 30 pen strokes of digits or more, read them with the
          shipped classifier, and keep tiles, probabilities and features in FILE (.npz)
choose    neighbours, floor and strength of votes on one half of the hands
report    errors on held-out digits of the other half, with a profile always and as tested, and with
          a refitted last layer; and what MNIST's test part loses. TABLE: writers of that part, of
          QMNIST (an IDX file), for profiles of its hands
finetune  the whole network, with MNIST mixed in, on the other half's hands of 120 digits and more
sample    write src/digits/data/drawn.npz, the digits looked at where MNIST is not at hand
"""

import argparse
import gzip
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from digits.data import mnist
from digits.data.writers import validation_rows
from digits.data.teaching import ENOUGH, Trial, try_out
from digits.model.classifier import Classifier
from digits.model.inputs import normalise_tile
from digits.model.profile import VOTES, Votes, directions, voted
from digits.model.store import keras_file
from digits.synth.pen import drawn_digits
from digits.synth.stroke_hand import People, StrokeHand

SEED = 32
TAUGHT = (10, 20, 50, 100)
HELD = 0.4  # of a hand's digits
SPLITS = 10  # of each hand, at random
MOST = 500  # digits of a hand
MANY = 120  # digits of a hand whose network is fine-tuned
HEIGHT = 60  # pixels of a digit as it is drawn
GRID = [
    Votes(*each) for each in product((3, 5, 9), (0.5, 0.6, 0.7, 0.8, 0.9), (1.0, 2.0, 4.0, 6.0))
]
SAMPLE = Path(__file__).parents[1] / "src/digits/data/drawn.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """The digits of one person: tiles, labels, and what the network makes of them."""

    tiles: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    features: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1) != self.labels


def render(data: Path | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Tiles and labels of each person with 30 digits or more, each digit drawn once, by one pen."""
    rng = np.random.default_rng(SEED)
    for part in ("train", "validation", "test"):
        people = People.open(part, data)
        for person in people.hands:
            hand = StrokeHand.sample(people, person, rng)
            own = people.hands[person]
            places = [(int(c), place) for c in "0123456789" for place in own.get(c, ())]
            if len(places) < 30:
                continue
            chosen = rng.permutation(len(places))[:MOST]
            tiles = []
            for label, place in (places[i] for i in chosen):
                only = replace(people, hands={person: {str(label): [place]}})
                glyph = replace(hand, people=only).write(str(label), HEIGHT, rng)
                tiles.append(normalise_tile(glyph.ink))
            yield np.stack(tiles), np.array([places[i][0] for i in chosen], np.uint8)


def make_hands(file: Path, data: Path | None) -> None:
    classifier = Classifier(threads=1)
    arrays = {}
    for index, (tiles, labels) in enumerate(render(data)):
        probabilities, _, features = classifier.classify_features(tiles, tta=False)
        parts = (tiles, labels, probabilities, features)
        arrays |= {f"{name}{index:03}": each for name, each in zip("tlpf", parts, strict=True)}
    np.savez_compressed(file, **arrays)


def open_hands(file: Path) -> tuple[list[Hand], list[Hand]]:
    """Two halves of the hands, drawn at random: to choose on, and to report."""
    with np.load(file) as content:
        count = len(content.files) // 4
        every = [Hand(*(content[f"{name}{i:03}"] for name in "tlpf")) for i in range(count)]
    order = np.random.default_rng(SEED).permutation(count)
    return [every[i] for i in order[: count // 2]], [every[i] for i in order[count // 2 :]]


def splits(hand: Hand, n: int, way: str, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices of n digits taught, and of those held out. way: "order", as they come; "doubt", the
    least sure of all others, as the page shows them."""
    rng = np.random.default_rng(SEED)
    for _ in range(count):
        order = rng.permutation(len(hand.labels))
        held, pool = np.split(order, [round(HELD * len(order))])
        if len(pool) < n:
            return
        if way == "doubt":
            pool = pool[np.argsort(hand.probabilities[pool].max(axis=1), kind="stable")]
        yield pool[:n], held


@dataclass(slots=True)
class Tally:
    """Errors on held-out digits of one hand, over its splits."""

    digits: int = 0
    before: int = 0
    after: int = 0
    used: int = 0
    splits: int = 0
    tested: int = 0  # errors where the profile is used as the trial says


def with_profile(hand: Hand, n: int, way: str, votes: Votes) -> Tally:
    tally = Tally()
    units = directions(hand.features)
    for taught, held in splits(hand, n, way, SPLITS):
        answers = hand.labels[taught]
        after = voted(hand.probabilities[held], units[held] @ units[taught].T, answers, votes)
        trial = try_out(hand.probabilities[taught], hand.features[taught], answers, votes)
        wrong = int((after.argmax(axis=1) != hand.labels[held]).sum())
        add(tally, int(hand.wrong[held].sum()), wrong, len(held), trial)
    return tally


def add(tally: Tally, before: int, after: int, digits: int, trial: Trial | None) -> None:
    is_used = trial is None or is_accepted(trial)
    tally.digits += digits
    tally.before += before
    tally.after += after
    tally.used += is_used
    tally.splits += 1
    tally.tested += after if is_used else before


def is_accepted(trial: Trial) -> bool:
    confirmed = trial.n - trial.errors_before
    return confirmed >= 10 and trial.posterior >= ENOUGH


def rates(tallies: Sequence[Tally]) -> np.ndarray:
    """(hands, 3): error before, after and as tested, in %, of each hand."""
    return np.array(
        [[100 * e / t.digits for e in (t.before, t.after, t.tested)] for t in tallies if t.digits]
    ).reshape(-1, 3)


def interval(differences: np.ndarray) -> tuple[float, float]:
    """90 % interval of the mean over hands, by bootstrap."""
    rng = np.random.default_rng(SEED)
    means = differences[rng.integers(len(differences), size=(4000, len(differences)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)


def row(name: str, tallies: Sequence[Tally]) -> str:
    errors = rates(tallies)
    if not len(errors):
        return f"| {name} | 0 hands |"
    change, tested = errors[:, 1] - errors[:, 0], errors[:, 2] - errors[:, 0]
    used = sum(t.used for t in tallies) / sum(t.splits for t in tallies)
    (low, high), (least, most) = interval(change), interval(tested)
    better, worse = int((change < 0).sum()), int((change > 0).sum())
    return (
        f"| {name} | {len(errors)} | {errors[:, 0].mean():.2f} | {errors[:, 1].mean():.2f} | "
        f"{change.mean():+.2f} ({low:+.2f} to {high:+.2f}) | {better} / {worse} | {used:.0%} | "
        f"{tested.mean():+.2f} ({least:+.2f} to {most:+.2f}) |"
    )


HEADER = (
    "| taught | hands | error % | with profile | change, points (90 %) | better / worse | used | "
    "change as tested |\n|---|---|---|---|---|---|---|---|"
)


def choose(file: Path) -> None:
    """Mean errors on the first half of the hands by each setting of the grid."""
    hands = open_hands(file)[0]
    units = [directions(hand.features) for hand in hands]
    others, labels = mnist_features()
    found = []
    for votes in GRID:
        changes = [choice_change(h, u, votes) for h, u in zip(hands, units, strict=True)]
        lost = mnist_change(hands, votes, others, labels)
        found.append((np.nanmean(np.concatenate(changes)), lost, votes))
    for change, lost, votes in sorted(found, key=lambda each: each[0]):
        print(f"{change:+.3f} points, MNIST {lost:+.3f} points: {votes}")


def choice_change(hand: Hand, units: np.ndarray, votes: Votes) -> list[float]:
    """Changes of the error in points, for each number taught and way; NaN where too few."""
    changes = []
    for n, way in product(TAUGHT, ("order", "doubt")):
        some = []
        for taught, held in splits(hand, n, way, SPLITS):
            near = units[held] @ units[taught].T
            after = voted(hand.probabilities[held], near, hand.labels[taught], votes)
            wrong = after.argmax(axis=1) != hand.labels[held]
            some.append(100 * (wrong.mean() - hand.wrong[held].mean()))
        changes.append(float(np.mean(some)) if some else math.nan)
    return changes


def mnist_features() -> tuple[Hand, np.ndarray]:
    """2,000 digits of MNIST's training part that no choice of the network depends on."""
    tiles, labels = mnist.load("train")
    rows = np.random.default_rng(SEED).permutation(validation_rows())[:2000]
    probabilities, _, features = Classifier(threads=1).classify_features(tiles[rows], tta=False)
    return Hand(tiles[rows], labels[rows], probabilities, features), directions(features)


def mnist_change(hands: Sequence[Hand], votes: Votes, others: Hand, units: np.ndarray) -> float:
    """By how many points the error on MNIST rises with the profiles of hands, 50 digits each."""
    changes = []
    for hand in hands[:20]:
        for taught, _ in splits(hand, min(50, len(hand.labels) // 2), "doubt", 1):
            near = units @ directions(hand.features[taught]).T
            after = voted(others.probabilities, near, hand.labels[taught], votes)
            wrong = after.argmax(axis=1) != others.labels
            changes.append(100 * (wrong.mean() - others.wrong.mean()))
    return float(np.mean(changes))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("hands", "choose", "report", "finetune", "sample"))
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--writers", type=Path)
    options = parser.parse_args()
    match options.verb:
        case "hands":
            make_hands(options.file, options.data)
        case "choose":
            choose(options.file)


if __name__ == "__main__":
    main()
