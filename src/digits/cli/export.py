"""digits export: a trained network in another form, or the page as a site without a server."""

from __future__ import annotations

import argparse
from pathlib import Path

from digits.errors import DigitsError, require

NEEDED = ("keras", "onnx", "tf2onnx")
PAGE = "page"  # instead of a model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits export`."""
    parser.epilog = "Example: digits export default --to litert; digits export page --out site"
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a shipped model, a run folder, or a .keras file; page: the page to draw on, as a "
        "site that reads in the browser",
    )
    parser.add_argument("--to", choices=("onnx", "litert", "keras"), help="the form of the file")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="the file (default: MODEL with the form's ending); the site's folder",
    )


def run(options: argparse.Namespace) -> int:
    """Write a file or a site; 0 when it is there."""
    if options.model == PAGE and options.to is None:
        return _export_page(options.out)
    if options.to is None:
        raise DigitsError("--to is missing, the form of the file: onnx, litert or keras")
    return _export_network(options)


def _export_page(out: Path | None) -> int:
    from digits.model.bundle import open_bundle
    from digits.service.site import write_site

    if out is None:
        raise DigitsError("--out is missing, the folder for the site")
    size = write_site(out, open_bundle())
    print(f"{out}: {size / 1e6:.1f} MB; put the folder on any web space, or try it with")
    print(f"  python -m http.server --directory {out}")
    return 0


def _export_network(options: argparse.Namespace) -> int:
    """Convert, compare with the source, and put in place."""
    from digits.files import write_atomically
    from digits.io.quiet import quiet_tensorflow
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
