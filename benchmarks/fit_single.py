"""Which candidate is the one digit of a picture? Weights of `digits.model.parameters.Single`.

.venv/bin/python benchmarks/fit_single.py [--pictures N] [--seed S]

--pictures  made-up pictures of one digit each, by writers that no network learned from, to fit on
            (default 3000); half as many others to test on
--seed      of these pictures (default 52)

Prints the weights, fitted by maximum likelihood, and for each style of picture how many of the
others are read right with the weights that ship and with these; then the log-loss of the others
without each feature.
"""

import argparse
import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.geometry import iou
from digits.model.bundle import open_bundle
from digits.model.inputs import normalise_tile
from digits.reading.single.choose import ANSWER, PLACE, answer_features, softmax, weights_of
from digits.reading.single.route import look_closer
from digits.synth import camera, paper
from digits.synth.pen import Hand
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.writing import PenWriter, Random
from digits.synth.written_number import Habits, Written, write_number

SAME = 0.6  # IoU with the digit's ink from which on a candidate holds it
LEAST = 1e-9  # probability of which a logarithm is taken
RIDGE = 1e-4
FELT = 0.2  # of the writers, those with a pen that is much broader than usual
RULED = 0.4  # of the photos, those on paper with lines that may be as dark as the pen
FALL = 0.6  # of the light, at most, by which one side of a shaded picture is darker
ROUNDS = 30

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """A picture (H, W, 3) uint8 RGB, the digit in it and the box of its ink."""

    pixels: NDArray[np.uint8]
    digit: int
    box: Box
    style: str


def written(sources: Sources, digit: int, height: int, rng: Random, thin: bool = False) -> Written:
    """A digit by someone, now and then with a felt pen, or with a thin one."""
    writer = sources.writer(rng)
    if isinstance(writer, PenWriter) and thin:
        hand: Hand = replace(writer.hand, pen=rng.uniform(0.025, 0.06))
        writer = replace(writer, hand=hand)
    number = write_number(writer, Habits.sample(rng), str(digit), height, rng)
    if not thin and rng.random() < FELT:
        tip = np.ones((max(2, round(height * rng.uniform(0.03, 0.08))),) * 2, np.uint8)
        number = replace(number, ink=np.asarray(cv2.dilate(number.ink, tip), np.uint8))
    return number


def frame_filling(sources: Sources, digit: int, rng: Random) -> Single:
    """Cut to the ink, often stretched to a square, 14 to 40 pixels a side."""
    return _small(written(sources, digit, 96, rng).ink, digit, rng, "frame_filling")


def thin_scan(sources: Sources, digit: int, rng: Random) -> Single:
    """A thin pen, whose strokes break where the scanner's threshold cuts them."""
    ink = written(sources, digit, 96, rng, thin=True).ink
    flow = 1 - rng.uniform(0, 1.2) * np.abs(paper.grain(ink.shape, rng.uniform(0.2, 0.7), rng))
    broken = np.clip(ink * flow, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        broken = np.asarray(cv2.erode(broken, np.ones((2, 2), np.uint8)), np.uint8)
    return _small(broken, digit, rng, "thin_scan")


def _small(ink: NDArray[np.uint8], digit: int, rng: Random, style: str) -> Single:
    x, y, wide, high = cv2.boundingRect((ink > 100).astype(np.uint8))
    ink = ink[y : y + high, x : x + wide]
    side = int(rng.integers(14, 40))
    room = int(rng.choice([0, 0, 1, 2, 4])) if side >= 20 else 0
    inner = side - 2 * room
    if rng.random() < 0.5:
        size = inner, inner
    else:
        scale = inner / max(ink.shape)
        size = max(3, round(ink.shape[1] * scale)), max(3, round(ink.shape[0] * scale))
    method = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_NEAREST
    small = np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
    kind = rng.random()
    if kind < 0.7:
        small = np.where(small > 255 * rng.uniform(0.15, 0.6), 255, 0).astype(np.uint8)
    sheet = np.zeros((side, side), np.uint8)
    if rng.random() < 0.3:
        sheet = np.zeros((size[1] + 2 * room, size[0] + 2 * room), np.uint8)
    top, left = (sheet.shape[0] - size[1]) // 2, (sheet.shape[1] - size[0]) // 2
    sheet[top : top + size[1], left : left + size[0]] = small
    return Single(_shown(sheet, rng), digit, (left, top, *size), style)


def canvas(sources: Sources, digit: int, rng: Random) -> Single:
    """Drawn in a paint program: even paper, room around the digit or none."""
    side = round(math.exp(rng.uniform(math.log(28), math.log(400))))
    height = round(side * rng.uniform(0.3, 0.95))
    drawn = written(sources, digit, max(height, 10), rng, thin=rng.random() < 0.2)
    return _placed(drawn, (side, side), digit, rng, "canvas", 0.0)


def cell(sources: Sources, digit: int, rng: Random) -> Single:
    """Cut out of a form, with its printed frame and now and then the end of a stroke beside it."""
    side = int(rng.integers(32, 160))
    height = round(side * rng.uniform(0.4, 0.75))
    return _placed(written(sources, digit, height, rng), (side, side), digit, rng, "cell", 0.7)


def _placed(
    drawn: Written, size: tuple[int, int], digit: int, rng: Random, style: str, framed: float
) -> Single:
    sheet = Sheet.empty(size)
    room = np.array(size) - drawn.ink.shape
    top, left = (np.clip(rng.normal(0.5, 0.2, 2), 0, 1) * room).astype(int).tolist()
    sheet.write(drawn, left, top, anywhere=True)
    ink = sheet.pen
    if framed:
        frame, line = rng.integers(0, max(2, size[0] // 12)), max(1, size[0] // 40)
        level = int(rng.integers(90, 256))
        for turn in range(4):
            if rng.random() < framed:
                side = np.rot90(ink, turn)
                side[frame : frame + line] = np.maximum(side[frame : frame + line], level)
    if framed and rng.random() < 0.3:
        other = cv2.resize(drawn.ink, None, fx=1, fy=1)[:, : max(2, size[1] // 12)]
        rows = min(len(other), size[0])
        ink[:rows, -other.shape[1] :] = np.maximum(ink[:rows, -other.shape[1] :], other[:rows])
    box = _box(drawn, left, top)
    return Single(_shown(ink, rng), digit, box, style)


def _box(drawn: Written, left: int, top: int) -> Box:
    points = drawn.digits[0][1] + (left, top)
    (x, y), (right, foot) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return (x, y, right - x, foot - y)


def _shown(ink: NDArray[np.uint8], rng: Random) -> NDArray[np.uint8]:
    """Even paper, black on white or the reverse, or any two colours far apart; some noise."""
    share = ink[..., None] / np.float32(255)
    dark, light = rng.uniform(0, 60, 3), rng.uniform(190, 255, 3)
    if rng.random() < 0.6:
        dark, light = np.zeros(3), np.full(3, 255.0)
    pen, sheet = (dark, light) if rng.random() < 0.5 else (light, dark)
    picture = sheet + share * (pen - sheet)
    if rng.random() < 0.2:
        picture = picture + rng.normal(0, rng.uniform(0, 12), picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def photo(sources: Sources, digit: int, rng: Random) -> Single:
    """Written on some paper, in some light, and photographed."""
    longest = round(math.exp(rng.uniform(math.log(80), math.log(900))))
    size = (longest, round(longest * rng.uniform(0.6, 1)))
    size = size if rng.random() < 0.5 else size[::-1]
    height = max(12, round(min(size) * math.exp(rng.uniform(math.log(0.12), math.log(0.85)))))
    sheet = Sheet.empty(size)
    if rng.random() < RULED:
        rules = paper.squared if rng.random() < 0.6 else paper.ruled
        sheet.paste(rules(size, height * rng.uniform(0.15, 1.5), rng), 0, 0, printed=True)
    drawn = written(sources, digit, height, rng, thin=rng.random() < 0.2)
    room = np.array(size) - drawn.ink.shape
    top, left = (np.clip(rng.normal(0.5, 0.2, 2), 0, 1) * room).astype(int).tolist()
    sheet.write(drawn, left, top, anywhere=True)
    scene = lit_sheet(sheet, height, sources, rng)
    view = np.eye(3)
    if rng.random() < 0.5:
        view = camera.viewpoint(size, rng)
        scene = camera.seen_from(view, scene, rng)
    if rng.random() < 0.15:
        pixels = camera.cleaned(scene, rng)
    else:
        pixels = camera.exposed(scene * paper.light(size, rng)[..., None], rng)
    if rng.random() < 0.1:
        pixels = 255 - pixels
    points = cv2.perspectiveTransform(
        (drawn.digits[0][1] + (left, top))[None].astype(np.float64), view
    )[0]
    (x, y), (right, foot) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Single(pixels, digit, (x, y, right - x, foot - y), "photo")


def shaded(sources: Sources, digit: int, rng: Random) -> Single:
    """On even paper, in light that falls off towards one side, with a camera's grain."""
    even = canvas(sources, digit, rng)
    light = np.linspace(1, 1 - rng.uniform(0, FALL), even.pixels.shape[1])
    if rng.random() < 0.5:
        light = light[::-1]
    grain = rng.normal(0, rng.uniform(0, 6), even.pixels.shape[:2])
    pixels = (even.pixels + grain[..., None]) * light[:, None]
    return Single(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), digit, even.box, "shaded")


STYLES = (frame_filling, thin_scan, canvas, cell, photo, shaded)


def make_single(seed: int, place: int, sources: Sources) -> Single:
    """A picture of one digit, the styles in turn: a function of seed and place alone."""
    rng = np.random.default_rng([seed, place])
    return STYLES[place % len(STYLES)](sources, int(rng.integers(10)), rng)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """features: (N, 10, F) of each candidate and digit. is_right: (N, 10) whether the candidate
    holds the ink of the digit, and this is it. digit, style: of the picture."""

    features: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    digit: int
    style: str


def example(reader: Reader, single: Single) -> Example | None:
    """What the reader sees of a picture; None where it finds no ink."""
    view = look_closer(single.pixels, reader.bundle.detector, reader.bundle.parameters.single)
    if not view.candidates:
        return None
    tiles = np.array([normalise_tile(each.ink) for each in view.candidates])
    answer = answer_features(*reader.classifier.classify(tiles), view.agreed)
    shape = (*answer.shape[:2], len(PLACE))
    features = np.concatenate([np.broadcast_to(view.places[:, None], shape), answer], axis=2)
    boxes = np.array([view.box(each) for each in view.candidates], np.float64)
    is_right = np.zeros(answer.shape[:2], bool)
    is_right[:, single.digit] = iou(np.array(single.box), boxes) >= SAME
    return Example(features, is_right, single.digit, single.style)


def log_loss(examples: list[Example], weights: NDArray[np.float64]) -> float:
    """Mean of the negative logarithms of the probability of a right answer."""
    each = (softmax(e.features @ weights)[e.is_right].sum() for e in examples)
    return float(np.mean([-math.log(max(right, LEAST)) for right in each]))


def fit(examples: list[Example], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of most likelihood: Fisher scoring, in steps that are halved until they help."""
    best = penalised(examples, weights)
    for _ in range(ROUNDS):
        slope, curve = np.zeros(len(weights)), np.zeros((len(weights),) * 2)
        for each in examples:
            rows, share = each.features.reshape(-1, len(weights)), softmax(each.features @ weights)
            right = share * each.is_right
            mean = share.ravel() @ rows
            slope += mean - right.ravel() @ rows / right.sum()
            off = rows - mean
            curve += (off * share.reshape(-1, 1)).T @ off
        slope = slope / len(examples) + RIDGE * weights
        step = np.linalg.solve(curve / len(examples) + RIDGE * np.eye(len(weights)), slope)
        while (loss := penalised(examples, weights - step)) > best and np.abs(step).max() > 1e-4:
            step = step / 2
        if best - loss < 1e-6:
            break
        weights, best = weights - step, loss
    return weights


def penalised(examples: list[Example], weights: NDArray[np.float64]) -> float:
    return log_loss(examples, weights) + RIDGE / 2 * float(weights @ weights)


def accuracy(examples: list[Example], weights: NDArray[np.float64]) -> float:
    """Of the digit whose probability, summed over all candidates, is highest."""
    answers = (softmax(e.features @ weights).sum(axis=0).argmax() == e.digit for e in examples)
    return float(np.mean(list(answers)))


def without(examples: list[Example], column: int) -> list[Example]:
    """The same without one feature."""
    return [replace(e, features=np.delete(e.features, column, axis=2)) for e in examples]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=52)
    options = parser.parse_args()
    reader, sources = Reader(), Sources.open("validation")
    learn, test = (
        [e for i in range(n) if (e := example(reader, make_single(seed, i, sources)))]
        for n, seed in ((options.pictures, options.seed), (options.pictures // 2, options.seed + 1))
    )
    held = [e for e in learn if e.is_right.any()]
    shown = [e for e in test if e.is_right.any()]
    print(f"the digit's ink is a candidate in {len(held) + len(shown)} of {len(learn) + len(test)}")
    names = (*PLACE, *ANSWER)
    before = weights_of(open_bundle().parameters.single, names)
    weights = fit(held, before)
    for name, weight in zip(names, weights, strict=True):
        print(f"    {name}: float = {weight:.2f}")
    for style in sorted({e.style for e in test}):
        some = [e for e in test if e.style == style]
        right = (f"{accuracy(some, each):.2%}" for each in (before, weights))
        print(f"{style:16} n={len(some)} right {' -> '.join(right)}")
    print(f"log-loss {log_loss(shown, before):.4f} -> {log_loss(shown, weights):.4f}")
    for column, name in enumerate(names):
        some = fit(without(held, column), np.delete(weights, column))
        print(f"without {name:12} {log_loss(without(shown, column), some):.4f}", flush=True)


if __name__ == "__main__":
    main()
