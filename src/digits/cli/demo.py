"""digits demo: everything at work, in three minutes; in a second where nothing has changed."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from digits.cli.train import NEEDED
from digits.errors import DigitsError, require
from digits.files import write_json
from digits.io.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from digits.evaluation.demo import Exhibit
    from digits.evaluation.score import Score, TestSet

SAMPLES = Path("samples")
REPORT, MADE = "report.html", "made.json"
SEED_FILES = ("run.json", "curves.csv", "model.json", "model.onnx")
NEXT = """
Try next:
  digits read PICTURE --annotate annotated     read your own picture, and see what was found
  jupyter notebook handwritten_digit_recognition.ipynb     the lesson, step by step
  digits train --recipe default --out runs/mine     train the network that ships
"""
Say = Callable[[str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits demo`."""
    parser.epilog = "Example: digits demo --out demo"
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where MNIST is or shall be")


def run(options: argparse.Namespace) -> int:
    """Obtain the data, train the seed network, measure it, read pictures, write the report.

    Where that was done before from the same files, print what it printed then.
    """
    report = options.out / REPORT
    lines = lines_of_last_time(options.out)
    if lines is not None:
        print("\n".join(lines))
        print(f"Nothing has changed since this was measured; the report stands: {report}")
    else:
        make(options.out, options.data)
        print(f"All of it, with the mistakes to look at: {report}")
    print(NEXT)
    return 0


def make(out: Path, data: Path | None) -> None:
    """Train, measure, read and write; keep what was printed for the next time."""
    quiet_tensorflow()
    for module, extra in (("jinja2", "report"), *NEEDED):
        require(module, extra)
    from digits.cli.evaluate import mnist_test_set
    from digits.evaluation.demo import curves_of, write_demo
    from digits.evaluation.score import compare
    from digits.evaluation.screen import comparisons

    lines: list[str] = []

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    say("1  MNIST: 60,000 handwritten digits to learn from, 10,000 to be measured on")
    test_set = mnist_test_set(data)
    seed = out / "seed"
    seconds = train_seed(seed, data, say)
    say("3  Measured on the 10,000 digits that it did not see")
    scores = [score_folder("seed", seed, test_set, say)]
    scores.append(score_folder("default", "default", test_set, say))
    say(comparisons(compare(scores, test_set)))
    say("4  Pictures: what is written there, what the seed network and the shipped one read")
    exhibits = read_samples(seed, say)
    curves = curves_of(seed / "curves.csv")
    write_demo(out / REPORT, scores, test_set, exhibits, curves, seconds)
    made = {"from": sums(seed), "report": sum_of([out / REPORT]), "lines": lines}
    write_json(out / MADE, made)


def lines_of_last_time(out: Path) -> list[str] | None:
    """What the demo printed when it wrote the report in `out`; None if any file that it depends on
    has changed since, or the report itself."""
    try:
        made = json.loads((out / MADE).read_text("utf-8"))
        is_same = made["from"] == sums(out / "seed") and made["report"] == sum_of([out / REPORT])
        return [str(line) for line in made["lines"]] if is_same else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def sums(seed: Path) -> dict[str, str]:
    """SHA-256 of all that the report depends on: the package with the models that ship, the seed
    network's run folder, and the sample pictures. Raises OSError if a file is missing."""
    package = Path(__file__).parents[1]
    ours = (path for path in package.rglob("*") if path.suffix not in (".pyc", ".keras"))
    return {
        "package": sum_of(path for path in sorted(ours) if path.is_file()),
        "seed": sum_of(seed / name for name in SEED_FILES),
        "samples": sum_of(sorted(SAMPLES.glob("*_*.*"))),
    }


def sum_of(paths: Iterable[Path]) -> str:
    """SHA-256 of the names and contents of files."""
    every = hashlib.sha256()
    for path in paths:
        every.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return every.hexdigest()


def train_seed(out: Path, data: Path | None, say: Say) -> float:
    """Train the recipe `seed`, unless it is trained already; the seconds it took."""
    from digits.training.fit import train
    from digits.training.recipe import load_recipe

    say("2  The seed network: Flatten, Dense(ReLU), Dense(softmax); 20 epochs")
    facts = train(load_recipe("seed"), out, data=data, resume=True)
    say(f"   fitted in {facts['fit_seconds']:.1f} s; it is kept in {out}")
    return float(facts["fit_seconds"])


def score_folder(name: str, model: str | Path, test_set: TestSet, say: Say) -> Score:
    """Score a model on the test set and print a line about it."""
    from digits.evaluation.score import score
    from digits.model.classifier import Classifier

    result = score(name, Classifier(model), test_set)
    figures = result.evaluation
    say(f"   {name:8} {figures.accuracy:.2%}, {figures.errors} errors in {figures.n:,}")
    return result


def read_samples(seed: Path, say: Say) -> list[Exhibit]:
    """Read the sample pictures with the model of the run folder `seed` and the shipped one."""
    from digits.evaluation.demo import Exhibit
    from digits.io.draw import draw_reading
    from digits.io.picture import open_picture
    from digits.reading.reader import Reader

    exhibits = []
    readers = [Reader(seed), Reader("default")]
    for path in sample_pictures():
        truth = truth_of(path)
        pixels = open_picture(path)
        readings = [reader.read(pixels) for reader in readers]
        texts = tuple(reading.text for reading in readings)
        shown = "".join(f"{text.replace(chr(10), ' / ') or '-':26}" for text in (truth, *texts))
        say(f"   {path.name:34}{shown}".rstrip())
        exhibits.append(Exhibit(path.name, truth, texts, draw_reading(readings[-1], pixels)))
    return exhibits


def truth_of(picture: Path) -> str:
    """What is written on a sample picture, by its name: + separates numbers, - lines."""
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
