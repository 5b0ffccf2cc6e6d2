"""Packages that only some kinds of files need."""

from __future__ import annotations

import importlib
from types import ModuleType

from digits.errors import PictureError


def optional(module: str, extra: str, kind: str) -> ModuleType:
    """Import `module`, which reads files of a `kind` ("a PDF file").

    Raises PictureError with the command that installs it: of many pictures the others are read.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise PictureError(
            f"is {kind}, which needs {module}; it is not installed: "
            f'pip install "handwritten-digit-recognition[{extra}]"'
        ) from None
