"""Score models on the MNIST test set: accuracy, calibration, mistakes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digits.evaluation.score import Model, Score, TestSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `digits evaluate`."""
    parser.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="name of a shipped model, a model folder, or a .keras file",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the MNIST files")
    parser.add_argument("--json", action="store_true", help="print one JSON object a model")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="also write one page with figures and mistakes"
    )
    parser.epilog = "example: digits evaluate default runs/mine --html evaluation.html"


def run(args: argparse.Namespace) -> int:
    """Score every model; 0 if all could be, 1 if some, 2 if none."""
    if args.html:
        check_report_can_be_written(args.html)
    test_set = mnist_test_set(args.data)
    scores = [
        score for model in args.models if (score := score_or_tell(model, test_set, args.json))
    ]
    if not scores:
        return 2
    if not args.json:
        print_what_follows(scores, test_set, args.html)
    if args.html:
        from digits.evaluation.report import write_report

        write_report(args.html, scores, test_set)
    return 0 if len(scores) == len(args.models) else 1


def check_report_can_be_written(path: Path) -> None:
    """Fail before minutes of evaluation rather than after."""
    from digits.errors import DigitsError, require

    require("jinja2", "report")
    if path.is_dir() or not path.parent.is_dir():
        raise DigitsError(f"cannot write {path}: expected a file name in a folder that exists")


def mnist_test_set(directory: Path | None) -> TestSet:
    """MNIST's 10,000 test digits, with the labels that people dispute."""
    from digits.data import mnist
    from digits.evaluation.disputed import DISPUTED_TEST_LABELS
    from digits.evaluation.score import TestSet

    tiles, labels = mnist.load("test", directory)
    return TestSet("MNIST test set", tiles, labels, DISPUTED_TEST_LABELS)


def score_or_tell(model: str, test_set: TestSet, as_json: bool) -> Score | None:
    """Score one model and print its figures; where it fails, say why and go on."""
    import json

    from digits.errors import DigitsError
    from digits.evaluation import screen
    from digits.evaluation.score import score

    try:
        result = score(model, opened(model), test_set)
    except DigitsError as error:
        print(f"digits: {model}: {error}", file=sys.stderr)
        if as_json:
            print(json.dumps({"model": model, "error": str(error)}))
        return None
    print(json.dumps(result.to_dict()) if as_json else f"{screen.summary(result)}\n")
    return result


def opened(model: str) -> Model:
    """Open a `.keras` file, a model folder or a shipped model."""
    if Path(model).suffix == ".keras":
        from digits.errors import require
        from digits.io.quiet import quiet_tensorflow

        quiet_tensorflow()
        for module in ("keras", "onnx"):
            require(module, "train")
        from digits.training.export import load_keras

        return load_keras(Path(model))
    from digits.model.classifier import Classifier

    return Classifier(model)


def print_what_follows(scores: Sequence[Score], test_set: TestSet, html: Path | None) -> None:
    """How several models compare, and where their mistakes can be seen."""
    from digits.evaluation import screen
    from digits.evaluation.score import compare

    if len(scores) > 1:
        print(f"{screen.comparisons(compare(scores, test_set))}\n")
    print(f"see the mistakes: {html or 'add --html evaluation.html'}")
