"""digits export: a trained network in the form that another program takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from digits.errors import DigitsError, require

NEEDED = ("keras", "onnx", "tf2onnx")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits export`."""
    parser.epilog = "Example: digits export default --to litert --out digits.tflite"
    parser.add_argument(
        "model", metavar="MODEL", help="a shipped model, a run folder, or a .keras file"
    )
    parser.add_argument(
        "--to", required=True, choices=("onnx", "litert", "keras"), help="the form of the file"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="the file (default: MODEL with the form's ending)"
    )


def run(options: argparse.Namespace) -> int:
    """Convert, compare with the source, and put in place; 0 when the file is there."""
    from digits.cli.train import quiet_tensorflow
    from digits.files import write_atomically
    from digits.model.store import keras_file

    source = keras_file(options.model)
    quiet_tensorflow()
    for module in NEEDED:
        require(module, "train")
    from digits.training.export import SUFFIXES, export, load_keras

    out = options.out or Path(f"{Path(options.model).stem}{SUFFIXES[options.to]}")
    if out.is_dir() or not out.parent.is_dir():
        raise DigitsError(f"cannot write {out}: expected a file name in a folder that exists")
    if out.resolve() == source.resolve():
        raise DigitsError(f"{out} is the source itself; name another file with --out")
    content = export(load_keras(source).network, options.to)
    write_atomically(out, content)
    print(f"{out}: {len(content) / 1000:,.0f} kB, compared with {source.name} on 1,000 tiles")
    return 0
