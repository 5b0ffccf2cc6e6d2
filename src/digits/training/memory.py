"""What a training step frees, the next one asks for again: the process keeps it."""

from __future__ import annotations

import ctypes
import platform

MMAP_MAX, TRIM_THRESHOLD = -4, -1  # of mallopt, as malloc.h has them


def keep_freed_memory() -> None:
    """Have the C library keep freed memory, and not give it back to the system.

    Else the system takes the tensors of each step back and clears their pages for the next: a third
    of the processor's time in a recogniser's training (docs/performance.md). It holds for the whole
    process, until it ends. Other C libraries than glibc are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_MAX, 0)  # mapped memory goes back at once
    library.mallopt(TRIM_THRESHOLD, 2**31 - 1)
