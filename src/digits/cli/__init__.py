"""The command `digits`: one small module a verb, each imported only when it is called.

Exit codes, the same for every verb, on which scripts may rely:

    0  all was done; a picture on which nothing is written was read too
    1  some part failed (a picture that cannot be read, a damaged file), the rest was done
    2  the call is wrong, or something that it needs is missing or cannot be written

What a signal ends has none of these: interrupted (Ctrl-C), the command ends with 130, as shells
count it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from digits.errors import DigitsError
from digits.files import printable
from digits.version import __version__

VERBS = {
    "read": "read the digits and numbers of pictures",
    "form": "read forms that were filled in, by an empty one",
    "serve": "open a page to draw on, and a service for programs",
    "demo": "see everything at work in three minutes",
    "train": "train a network by a recipe",
    "evaluate": "measure a network on the MNIST test set",
    "export": "convert a network to ONNX, LiteRT or Keras",
    "data": "obtain, check and look at MNIST, pen strokes and pages",
    "models": "list the models that come along, and how good they are",
    "doctor": "check what is installed, and whether reading works here",
}
WRONG_CALL = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _print_any_letter()
    try:
        options = _parse(arguments)
        return int(import_module(f"digits.cli.{options.verb}").run(options))
    except DigitsError as error:
        print(f"digits: {printable(str(error))}", file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        print("digits: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        print(f"digits: {printable(str(error))}", file=sys.stderr)
        return WRONG_CALL


def _print_any_letter() -> None:
    """Print the code of a letter that the output's encoding lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Forget what could not be printed: Python would try, and complain, once more at exit."""
    with contextlib.suppress(AttributeError, OSError):  # there may be no output, or no real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="digits",
        description="Reads anyone's handwritten digits from any picture.",
        epilog="More on a verb: digits VERB --help",
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    for verb, about in VERBS.items():
        sub = verbs.add_parser(verb, help=about, description=f"{about[0].upper()}{about[1:]}.")
        if arguments[:1] == [verb]:  # the others' modules are not worth their import
            import_module(f"digits.cli.{verb}").add_arguments(sub)
    options = parser.parse_args(arguments)
    options.arguments = arguments  # as they were given
    if options.version:
        print(__version__)
        parser.exit(0)
    if options.verb is None:
        parser.print_help(sys.stderr)
        parser.exit(WRONG_CALL)
    return options
