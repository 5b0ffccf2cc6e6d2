"""From which probability on may clean ink be read at once? SURE of `digits.reading.single.route`.

.venv/bin/python benchmarks/fit_clear.py [--pictures N] [--seed S]

--pictures  made-up pictures (default 3000): of one digit each, by writers that no network learned
            from, in six styles, and in the last quarter of no digit: letters, signs, clutter, empty
            paper
--seed      of these pictures (default 61)

Prints how many pictures of each style are read at once; then, for each threshold, how many digits
and how many others that were, how many of these digits are wrong at once and by all candidates, and
how many of these others all candidates would have refused. SURE is one of the thresholds at which
fewer are wrong at once than by all candidates and none of the others is accepted that these refuse,
and below which little is gained.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from fit_single import STYLES, _shown, make_single
from numpy.typing import NDArray

from digits import Reader
from digits.reading.single import route
from digits.reading.single.clear import find_clear
from digits.synth import paper
from digits.synth.clutter import clutter
from digits.synth.sources import Sources
from digits.synth.stroke_tiles import people_signs
from digits.synth.writing import Ink, Random

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
REFUSED = 0.5  # confidence, below which there is no digit
SIDES = (28, 28, 56, 80, 240)  # pixels, of MNIST's tiles


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """pixels: (H, W, 3) uint8 RGB. digit: None where it shows none."""

    pixels: NDArray[np.uint8]
    digit: int | None
    style: str


def pictures(count: int, seed: int, sources: Sources) -> Iterator[Picture]:
    """Pictures of digits, the styles in turn, and at every fourth place of none."""
    for place in range(count):
        rng = np.random.default_rng([seed, place])
        if place % 4 == 3:
            yield without_digit(sources, rng)
        elif place % 8 == 0:
            yield tile(sources, rng)
        else:
            single = make_single(seed, place, sources)
            yield Picture(single.pixels, single.digit, single.style)


def tile(sources: Sources, rng: Random) -> Picture:
    """A tile of MNIST, light or dark, as it is or enlarged."""
    person, digit = sources.tiles[rng.integers(len(sources.tiles))], int(rng.integers(10))
    ink, side = person[digit][rng.integers(len(person[digit]))], int(rng.choice(SIDES))
    ink = cv2.resize(ink, (side, side), interpolation=cv2.INTER_CUBIC)
    return Picture(np.dstack([ink if rng.random() < 0.5 else 255 - ink] * 3), digit, "tile")


def without_digit(sources: Sources, rng: Random) -> Picture:
    """What is no digit, alone on even or unevenly lit paper; now and then nothing at all."""
    side = round(math.exp(rng.uniform(math.log(28), math.log(400))))
    sheet = np.zeros((side, side), np.uint8)
    if rng.random() > 0.1:
        ink = other_ink(sources, rng)
        scale = side * rng.uniform(0.3, 0.9) / max(ink.shape)
        size = [max(1, round(length * scale)) for length in ink.shape[::-1]]
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
        room = np.array(sheet.shape) - ink.shape
        top, left = (np.clip(rng.normal(0.5, 0.2, 2), 0, 1) * room).astype(int).tolist()
        sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    pixels = _shown(sheet, rng)
    if rng.random() < 0.5:
        lit = pixels * paper.light((side, side), rng)[..., None]
        pixels = np.clip(np.rint(lit), 0, 255).astype(np.uint8)
    return Picture(pixels, None, "no digit")


def other_ink(sources: Sources, rng: Random) -> Ink:
    """A letter or a sign by someone, or clutter."""
    seed = int(rng.integers(1 << 31))
    if sources.people is not None and rng.random() < 0.5:
        return people_signs(sources.people, 1, seed)[0]
    return clutter(1, seed)[0]


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture read at once and by all candidates: digit and confidence of each."""

    truth: int | None
    sure: float
    once: tuple[int, float]
    candidates: tuple[int, float]


def compared(reader: Reader, picture: Picture) -> Pair | None:
    """None where there is no clean ink, or where no threshold would let it pass."""
    bundle, single = reader.bundle, reader.bundle.parameters.single
    if (clear := find_clear(picture.pixels)) is None:
        return None
    probabilities, is_digit = bundle.classifier.classify(clear.tile[None], tta=False)
    sure = float(is_digit[0] * probabilities[0].max())
    if sure < min(THRESHOLDS):
        return None
    there = route.adjust_prior(float(is_digit[0]), single.prior)
    once = int(probabilities[0].argmax()), there * float(probabilities[0].max())
    view = route.look_closer(picture.pixels, bundle.detector, single)
    [found] = route.read_views([view], bundle.classifier, single)
    return Pair(picture.digit, sure, once, (found.digit, found.confidence))


def row(threshold: float, pairs: list[Pair]) -> str:
    some = [each for each in pairs if each.sure >= threshold]
    digits = [each for each in some if each.truth is not None]
    others = [each for each in some if each.truth is None]
    once, candidates = (
        sum(read[0] != each.truth for each, read in zip(digits, reads, strict=True))
        for reads in ([e.once for e in digits], [e.candidates for e in digits])
    )
    accepted = sum(each.candidates[1] < REFUSED <= each.once[1] for each in others)
    change = [abs(each.once[1] - each.candidates[1]) for each in digits]
    return (
        f"| {threshold} | {len(digits)} | {once} | {candidates} | {len(others)} | {accepted} "
        f"| {np.mean(change or [0]):.4f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=61)
    options = parser.parse_args()
    reader, sources = Reader(threads=1), Sources.open("validation")
    pairs, seen, at_once = [], Counter[str](), Counter[str]()
    for each in pictures(options.pictures, options.seed, sources):
        seen[each.style] += 1
        if pair := compared(reader, each):
            pairs.append(pair)
            at_once[each.style] += pair.sure >= route.SURE
    for style in (*(each.__name__ for each in STYLES), "tile", "no digit"):
        print(f"{style:16} {at_once[style]} of {seen[style]} at once")
    print(
        "\n| threshold | digits | wrong at once | by candidates | others | no longer refused "
        "| change of confidence |\n|---|---|---|---|---|---|---|"
    )
    for threshold in THRESHOLDS:
        print(row(threshold, pairs))


if __name__ == "__main__":
    main()
