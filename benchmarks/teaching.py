"""How much a hand's own digits help: a profile, a refitted last layer, a fine-tuned network.

.venv/bin/python benchmarks/teaching.py hands FILE [--data DIR]
.venv/bin/python benchmarks/teaching.py choose FILE
.venv/bin/python benchmarks/teaching.py report FILE [--writers TABLE]
.venv/bin/python benchmarks/teaching.py finetune FILE [--data DIR]
.venv/bin/python benchmarks/teaching.py sample

hands     render the digits of everyone with 30 pen strokes of digits or more, read them with the
          shipped classifier, and keep tiles, probabilities and features in FILE (.npz)
choose    neighbours, floor and strength of votes on one half of the hands
report    errors on held-out digits of the other half, with a profile always and as tested; what
          MNIST loses; and a refitted last layer for hands of 120 digits and more. TABLE: writers of
          MNIST's test part, of QMNIST (an IDX file), for profiles of its hands
finetune  the whole network, with MNIST mixed in, for the same hands of 120 digits and more
sample    write src/digits/data/drawn.npz, the digits looked at where MNIST is not at hand
"""

import argparse
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from digits.data import mnist
from digits.data.teaching import ENOUGH, Trial, try_out
from digits.data.writers import validation_rows
from digits.model.classifier import Classifier
from digits.model.graph import Graph
from digits.model.inputs import normalise_tile
from digits.model.profile import VOTES, Votes, directions, voted
from digits.model.store import keras_file
from digits.synth.pen import drawn_digits
from digits.synth.stroke_hand import People, StrokeHand

SEED = 32
TAUGHT = (10, 20, 50, 100)
WAYS = ("order", "doubt")
HELD, LEAST = 0.4, 12  # of a hand's digits, and how many at the least
SPLITS = 10  # of each hand, at random
SPLITS_TO_CHOOSE = 3
MOST = 500  # digits of a hand
MANY = 120  # digits of a hand that a network is fitted to
RATE, PULL, REPLAYED = 0.05, 0.05, 500  # of a refit of the last layer
FINE_RATES, FINE_STEPS = (1e-3, 1e-2, 5e-2), 20  # of a fine-tuned network
HEIGHT = 60  # pixels of a digit as it is drawn
GRID = [Votes(*each) for each in product((1, 3, 5, 9), (0.5, 0.7, 0.8, 0.9), (2.0, 4.0, 6.0, 9.0))]
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
    """Indices of n digits taught, and of those held out; none of a hand with too few digits. way:
    "order", as they come; "doubt", the least sure of all others, as the page shows them."""
    rng = np.random.default_rng(SEED)
    size = min(round(HELD * len(hand.labels)), len(hand.labels) - n)
    for _ in range(count if size >= LEAST else 0):
        held, pool = np.split(rng.permutation(len(hand.labels)), [size])
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
    harmed: int = 0  # splits in which it is used and has more errors


def with_profile(hand: Hand, n: int, way: str, votes: Votes, count: int) -> Tally:
    tally = Tally()
    units = directions(hand.features)
    for taught, held in splits(hand, n, way, count):
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
    tally.harmed += is_used and after > before


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
    count, used = sum(t.splits for t in tallies), sum(t.used for t in tallies)
    harmed = sum(t.harmed for t in tallies)
    (low, high), (least, most) = interval(change), interval(tested)
    better, worse = int((change < 0).sum()), int((change > 0).sum())
    return (
        f"| {name} | {len(errors)} | {errors[:, 0].mean():.2f} | {errors[:, 1].mean():.2f} | "
        f"{change.mean():+.2f} ({low:+.2f} to {high:+.2f}) | {better} / {worse} | "
        f"{used} of {count}, {harmed} | {tested.mean():+.2f} ({least:+.2f} to {most:+.2f}) |"
    )


HEADER = (
    "| taught | hands | error % | with profile | change, points (90 %) | better / worse | "
    "used, harmed | change as tested |\n|---|---|---|---|---|---|---|---|"
)


def choose(file: Path) -> None:
    """Mean change of the error on the first half of the hands by each setting of the grid."""
    hands = open_hands(file)[0]
    lessons = [
        (hand, taught, held, directions(hand.features[held]) @ directions(hand.features[taught]).T)
        for hand, n, way in product(hands, TAUGHT, WAYS)
        for taught, held in splits(hand, n, way, SPLITS_TO_CHOOSE)
    ]
    others = mnist_validation()
    found = []
    for votes in GRID:
        changes = [change_of(*lesson, votes) for lesson in lessons]
        found.append((float(np.mean(changes)), loss_of_others(hands, votes, others), votes))
    print(f"{len(hands)} hands, {len(lessons)} lessons")
    for change, lost, votes in sorted(found, key=lambda each: each[0]):
        print(f"{change:+.3f} points, MNIST {lost:+.3f} points: {votes}")


def change_of(
    hand: Hand, taught: np.ndarray, held: np.ndarray, near: np.ndarray, votes: Votes
) -> float:
    """Of the error on the digits held out, in points."""
    after = voted(hand.probabilities[held], near, hand.labels[taught], votes)
    return 100 * float((after.argmax(axis=1) != hand.labels[held]).mean() - hand.wrong[held].mean())


def report(file: Path, writers: Path | None) -> None:
    hands = open_hands(file)[1]
    wrong = sum(int(hand.wrong.sum()) for hand in hands)
    print(f"{len(hands)} hands, {sum(len(h.labels) for h in hands)} digits, {wrong} misread")
    print(f"{sum(hand.wrong.any() for hand in hands)} of the hands have misread digits; {VOTES}")
    print(HEADER)
    for way, n in product(WAYS, TAUGHT):
        print(row(f"{n} by {way}", [with_profile(hand, n, way, VOTES, SPLITS) for hand in hands]))
    others = mnist_validation()
    print(
        f"MNIST validation after 50 of a hand: {loss_of_others(hands, VOTES, others):+.3f} points"
    )
    many, layer = with_many(hands), last_layer()
    print(f"{len(many)} hands of {MANY} digits and more")
    for n in TAUGHT:
        own = [with_profile(hand, n, "doubt", VOTES, SPLITS_TO_CHOOSE) for hand in many]
        lost: list[float] = []
        other = [refitted(hand, n, others, layer, lost) for hand in many]
        more = rates(other)[:, 1] - rates(own)[:, 1]
        low, high = interval(more)
        print(row(f"{n}, profile", own))
        print(row(f"{n}, last layer", other))
        print(f"{n}: {more.mean():+.2f} ({low:+.2f} to {high:+.2f}), MNIST {np.mean(lost):+.2f}")
    if writers:
        hands = mnist_hands(writers)
        for n in TAUGHT[:3]:
            tallies = [with_profile(hand, n, "doubt", VOTES, SPLITS) for hand in hands]
            print(row(f"MNIST's hands, {n}", tallies))


def with_many(hands: Sequence[Hand]) -> list[Hand]:
    return [hand for hand in hands if len(hand.labels) >= MANY]


def last_layer() -> tuple[np.ndarray, np.ndarray]:
    """Weights (F, 10) and bias (10,) of the classifier's last layer."""
    graph = Graph(Classifier(threads=1).model.network)
    last = graph.made_by["logits"]
    weights, bias = (graph.constants[name] for name in last.inputs[1:])
    return np.asarray(weights, np.float64), np.asarray(bias, np.float64)


def refitted(
    hand: Hand, n: int, replay: Hand, layer: tuple[np.ndarray, np.ndarray], lost: list[float]
) -> Tally:
    """A refitted last layer on digits held out. lost: gets what MNIST loses, in points."""
    tally = Tally()
    for taught, held in splits(hand, n, "doubt", SPLITS_TO_CHOOSE):
        weights, bias = refit(hand.features[taught], hand.labels[taught], replay, layer)
        answers = (hand.features[held] @ weights + bias).argmax(axis=1)
        wrong = int((answers != hand.labels[held]).sum())
        add(tally, int(hand.wrong[held].sum()), wrong, len(held), None)
        others = (replay.features[REPLAYED:] @ weights + bias).argmax(axis=1)
        change = (others != replay.labels[REPLAYED:]).mean() - replay.wrong[REPLAYED:].mean()
        lost.append(100 * float(change))
    return tally


def refit(
    features: np.ndarray, labels: np.ndarray, replay: Hand, layer: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The last layer after 100 gentle steps on the digits taught and 500 of MNIST, half and half,
    held near to the shipped weights."""
    x = np.concatenate([features, replay.features[:REPLAYED]])
    y = np.eye(10)[np.concatenate([labels, replay.labels[:REPLAYED]])]
    sizes = [len(labels), REPLAYED]
    share = np.repeat([0.5 / size for size in sizes], sizes)[:, None]
    weights, bias = (part.copy() for part in layer)
    for _ in range(100):
        logits = x @ weights + bias
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = share * (p / p.sum(axis=1, keepdims=True) - y)
        weights -= RATE * (x.T @ slope + PULL * (weights - layer[0]))
        bias -= RATE * slope.sum(axis=0)
    return weights, bias


def mnist_hands(table: Path) -> list[Hand]:
    """The hands of MNIST's test part with 40 digits or more. table: QMNIST's, see its paper."""
    content = table.read_bytes()
    plain = gzip.decompress(content) if table.suffix == ".gz" else content
    rows = np.frombuffer(plain[12:], ">i4").reshape(-1, 8)[:10_000]
    tiles, labels = mnist.load("test")
    probabilities, _, features = Classifier(threads=1).classify_features(tiles, tta=False)
    own = [np.flatnonzero(rows[:, 2] == writer) for writer in np.unique(rows[:, 2])]
    return [Hand(tiles[i], labels[i], probabilities[i], features[i]) for i in own if len(i) >= 40]


def finetune(file: Path, data: Path | None) -> None:
    """The whole network, from its Keras file; the rate is chosen on the first half of the hands."""
    import keras

    network = keras.models.load_model(keras_file("default"))
    for layer in network.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(FINE_RATES[0]), loss)
    replay = mnist.load("train", data)
    shipped = network.get_weights()
    chosen, reported = map(with_many, open_hands(file))
    print(HEADER, flush=True)
    changes = {}
    for rate in FINE_RATES:
        network.optimizer.learning_rate = rate
        tallies = [finetuned(network, shipped, hand, 50, replay) for hand in chosen]
        errors = rates(tallies)
        changes[rate] = (errors[:, 1] - errors[:, 0]).mean()
        print(row(f"50, rate {rate}, hands to choose on", tallies), flush=True)
    network.optimizer.learning_rate = min(changes, key=changes.__getitem__)
    for n in reversed(TAUGHT):
        tallies = [finetuned(network, shipped, hand, n, replay) for hand in reported]
        own = [with_profile(hand, n, "doubt", VOTES, 1) for hand in reported]
        more = rates(tallies)[:, 1] - rates(own)[:, 1]
        low, high = interval(more)
        print(row(f"{n}, fine-tuned", tallies))
        print(row(f"{n}, profile", own))
        print(f"{n}: {more.mean():+.2f} ({low:+.2f} to {high:+.2f})", flush=True)


def finetuned(
    network: Any, shipped: list[np.ndarray], hand: Hand, n: int, replay: tuple[np.ndarray, ...]
) -> Tally:
    """Steps on taught digits, distorted, and as many of MNIST; normalisation stays as it is."""
    tally, (tiles, labels) = Tally(), replay
    for taught, held in splits(hand, n, "doubt", 1):
        network.set_weights(shipped)
        before = keras_errors(network, hand, held)
        rng = np.random.default_rng(SEED)
        for _ in range(FINE_STEPS):
            some, others = rng.choice(taught, 16), rng.choice(len(labels), 16)
            x = np.concatenate([distorted(hand.tiles[some], rng), tiles[others]])
            y = np.concatenate([hand.labels[some], labels[others]])
            network.train_on_batch(x.astype(np.float32) / 255, y)
        add(tally, before, keras_errors(network, hand, held), len(held), None)
    return tally


def keras_errors(network: Any, hand: Hand, rows: np.ndarray) -> int:
    logits = network.predict_on_batch(hand.tiles[rows].astype(np.float32) / 255)
    return int((np.asarray(logits).argmax(axis=1) != hand.labels[rows]).sum())


def distorted(tiles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tiles turned by up to 8 degrees, scaled by up to 8 % and moved by up to a pixel."""
    changed = []
    for tile in tiles:
        turn, scale = rng.uniform(-8, 8), rng.uniform(0.92, 1.08)
        matrix = cv2.getRotationMatrix2D((13.5, 13.5), turn, scale)
        matrix[:, 2] += rng.uniform(-1, 1, 2)
        changed.append(cv2.warpAffine(tile, matrix, (28, 28)))
    return np.stack(changed)


def write_sample() -> None:
    inks, labels = drawn_digits(500, SEED)
    tiles = np.stack([normalise_tile(ink) for ink in inks])
    np.savez_compressed(SAMPLE, tiles=tiles, labels=labels)


def mnist_validation() -> Hand:
    """2,000 digits of MNIST's training part, by its validation writers, as if by one hand."""
    tiles, labels = mnist.load("train")
    rows = np.random.default_rng(SEED).permutation(validation_rows())[:2000]
    probabilities, _, features = Classifier(threads=1).classify_features(tiles[rows], tta=False)
    return Hand(tiles[rows], labels[rows], probabilities, features)


def loss_of_others(hands: Sequence[Hand], votes: Votes, others: Hand) -> float:
    """By how many points the error of others rises with profiles of 20 hands, up to 50 digits."""
    units, held = directions(others.features), np.arange(len(others.labels))
    changes = []
    for hand in hands[:20]:
        for taught, _ in splits(hand, min(50, len(hand.labels) // 2), "doubt", 1):
            near = units @ directions(hand.features[taught]).T
            after = voted(others.probabilities, near, hand.labels[taught], votes)
            changes.append((after.argmax(axis=1) != others.labels[held]).mean())
    return 100 * float(np.mean(changes) - others.wrong.mean())


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
        case "report":
            report(options.file, options.writers)
        case "finetune":
            finetune(options.file, options.data)
        case "sample":
            write_sample()


if __name__ == "__main__":
    main()
