"""OpenCV without its remarks on standard error: our errors say what is wrong, once."""

from __future__ import annotations

import contextlib
import os
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

    The log level is the whole process's, so it is put back when the last thread leaves. libjpeg
    and libpng know no level and write to file descriptor 2, which is led aside only where no
    other thread could lose a line by that.
    """
    global _inside, _level_before
    with _lock:
        if _inside == 0:
            _level_before = _logging.getLogLevel()
            _logging.setLogLevel(0)
        _inside += 1
    try:
        with contextlib.ExitStack() as block:
            if sum(not thread.daemon for thread in threading.enumerate()) == 1:
                block.enter_context(standard_error_aside())
            yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _logging.setLogLevel(_level_before)


@contextlib.contextmanager
def standard_error_aside() -> Iterator[None]:
    """Lose what this block writes to file descriptor 2, from Python or from beneath it."""
    try:
        kept = os.dup(2)
    except OSError:  # a process without standard error has nothing to keep clean
        kept = None
    if kept is None:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
