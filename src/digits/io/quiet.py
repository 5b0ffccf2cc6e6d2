"""Keeps OpenCV, its decoders and TensorFlow from writing to standard error."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator

import cv2

# The place moved between OpenCV 4 and 5.
_logging = getattr(cv2.utils, "logging", cv2)
_lock = threading.Lock()
_inside = 0
_level_before = 0


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV and the decoders beneath it from writing to standard error in this block.

    The log level belongs to the whole process, so the last thread that leaves sets it back.
    libjpeg and libpng know no level and write to file descriptor 2, which is redirected only as
    `standard_error_aside` allows: with several threads their remarks can be seen.
    """
    global _inside, _level_before
    with _lock:
        if _inside == 0:
            _level_before = _logging.getLogLevel()
            _logging.setLogLevel(0)
        _inside += 1
    try:
        with standard_error_aside():
            yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _logging.setLogLevel(_level_before)


@contextlib.contextmanager
def standard_error_aside() -> Iterator[None]:
    """Discard what this block writes to file descriptor 2, from Python or from beneath it.

    Does nothing where another thread runs. The descriptor belongs to the whole process: the other
    thread would lose lines, a process that it starts would lose them for good, and two threads
    that redirect at once would leave the descriptor at the null device. Only the thread that runs
    alone can redirect, so no second one can while it does, whatever threads the block starts.
    """
    kept = _duplicate_of_standard_error() if len(sys._current_frames()) == 1 else None
    if kept is None:
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def quiet_tensorflow() -> None:
    """Import Keras, where it is installed, and keep TensorFlow's notes off the screen.

    TensorFlow writes the first of them before it looks at its log level. Errors still show;
    whoever sets TF_CPP_MIN_LOG_LEVEL to 0 sees everything.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0":
        return
    with standard_error_aside(), contextlib.suppress(ImportError):
        importlib.import_module("keras")


def _duplicate_of_standard_error() -> int | None:
    try:
        return os.dup(2)
    except OSError:  # a process without standard error has nothing to keep clean
        return None
