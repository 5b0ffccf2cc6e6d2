"""What can go wrong, as a user meets it.

    DigitsError
    ├── PictureError        a picture cannot be read
    ├── ModelError          a model is unknown, damaged or of another kind
    ├── DataError           training or test data is missing or damaged
    ├── TrainingError       a recipe or a run folder does not allow what was asked
    └── MissingExtraError   an optional part of the package is not installed

Every message is one line that says what was found, what was expected and what to do.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType


class DigitsError(Exception):
    """Base of all errors that this package raises for its users."""


class PictureError(DigitsError):
    """A picture cannot be read: no picture, damaged, or beyond the limits."""


class PagesWarning(UserWarning):
    """Of a picture of several pages or frames only the first is read."""


class ModelError(DigitsError):
    """A model is unknown, damaged, or does not take and give what it should."""


class DataError(DigitsError):
    """Training or test data is missing or damaged."""


class TrainingError(DigitsError):
    """A recipe is wrong, or a run folder does not allow what was asked."""


class MissingExtraError(DigitsError):
    """An optional part of the package is needed and not installed."""


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, which the optional part `extra` brings.

    Raises MissingExtraError with the command that installs it, or with the Pythons that have it.
    The command is for a copy of the project: the package is in no registry yet.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        remedy = f'install it in the folder of the project with: pip install ".[{extra}]"'
        if extra == "train" and sys.version_info >= (3, 14):
            remedy = "TensorFlow has no wheel for this Python yet; train with Python 3.11 to 3.13"
        if module.startswith("ai_edge_litert") and os.name == "nt":
            remedy = "it has no wheel for Windows: export to ONNX, or on Linux or macOS"
        raise MissingExtraError(
            f"this needs {module.partition('.')[0]}, which is not installed ({error}); {remedy}"
        ) from error
