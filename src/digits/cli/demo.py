"""digits demo: everything at work, in three minutes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digits.cli.train import NEEDED, quiet_tensorflow
from digits.errors import DigitsError, require

if TYPE_CHECKING:
    from digits.evaluation.demo import Exhibit
    from digits.evaluation.score import Score, TestSet

SAMPLES = Path("samples")
NEXT = """
Try next:
  digits read PICTURE --annotate annotated     read your own picture, and see what was found
  jupyter notebook handwritten_digit_recognition.ipynb     the lesson, step by step
  digits train --recipe default --out runs/mine     train the network that ships
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits demo`."""
    parser.epilog = "Example: digits demo --out demo"
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where MNIST is or shall be")


def run(options: argparse.Namespace) -> int:
    """Obtain the data, train the seed network, measure it, read pictures, write the report."""
    quiet_tensorflow()
    for module, extra in (("jinja2", "report"), *NEEDED):
        require(module, extra)
    from digits.cli.evaluate import mnist_test_set
    from digits.evaluation.demo import write_demo
    from digits.evaluation.score import compare
    from digits.evaluation.screen import comparisons

    say("1  MNIST: 60,000 handwritten digits to learn from, 10,000 to be measured on")
    test_set = mnist_test_set(options.data)
    seconds = train_seed(options.out / "seed", options.data)
    say("3  Measured on the 10,000 digits that it did not see")
    scores = [score_folder("seed", options.out / "seed", test_set)]
    scores.append(score_folder("default", "default", test_set))
    print(comparisons(compare(scores, test_set)))
    say(
        "4  Pictures: what is written there, what the seed network reads, what the shipped one does"
    )
    exhibits = read_samples(options.out / "seed")
    report = options.out / "report.html"
    curves = (options.out / "seed" / "curves.png").read_bytes()
    write_demo(report, scores, test_set, exhibits, curves, seconds)
    say(f"All of it, with the mistakes to look at: {report}")
    print(NEXT)
    return 0


def train_seed(out: Path, data: Path | None) -> float:
    """Train the recipe `seed` before one's eyes, or find it trained; the seconds it took."""
    from digits.training.fit import train
    from digits.training.recipe import load_recipe

    say("2  The seed network: Flatten, Dense(ReLU), Dense(softmax); 20 epochs")
    facts = train(load_recipe("seed"), out, data=data, resume=True)
    say(f"   fitted in {facts['fit_seconds']:.1f} s; it is kept in {out}")
    return float(facts["fit_seconds"])


def score_folder(name: str, model: str | Path, test_set: TestSet) -> Score:
    """Score a model on the test set and print a line."""
    from digits.evaluation.score import score
    from digits.model.classifier import Classifier

    result = score(name, Classifier(model), test_set)
    figures = result.evaluation
    print(f"   {name:8} {figures.accuracy:.2%}, {figures.errors} errors in {figures.n:,}")
    return result


def read_samples(seed: Path) -> list[Exhibit]:
    """Read the sample pictures with the model of the run folder `seed` and the shipped one."""
    from digits.evaluation.demo import Exhibit
    from digits.io.picture import open_picture
    from digits.reading.reader import Reader

    exhibits = []
    readers = [Reader(seed), Reader("default")]
    for path in sample_pictures():
        truth = truth_of(path)
        readings = [reader.read(path) for reader in readers]
        texts = tuple(reading.text for reading in readings)
        shown = "".join(f"{text.replace(chr(10), ' / ') or '-':26}" for text in (truth, *texts))
        print(f"   {path.name:34}{shown}".rstrip())
        drawn = readings[-1].draw()
        exhibits.append(Exhibit(path.name, open_picture(path), truth, texts, drawn))
    return exhibits


def truth_of(picture: Path) -> str:
    """What is written on a sample picture, by its name: + parts numbers, - lines."""
    return picture.name.partition("_")[0].replace("+", " ").replace("-", "\n")


def sample_pictures() -> list[Path]:
    """The sample pictures, by name.

    Raises DigitsError away from the samples.
    """
    pictures = sorted(path for path in SAMPLES.glob("*_*.*") if path.suffix in (".png", ".jpg"))
    if not pictures:
        raise DigitsError(
            f"no pictures in {SAMPLES}; the demo reads those of the project's own folder: "
            "run it there, with make demo"
        )
    return pictures


def say(text: str) -> None:
    """Print what happens now."""
    print(text, file=sys.stdout, flush=True)
