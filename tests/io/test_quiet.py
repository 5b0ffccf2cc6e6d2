"""Standard error belongs to the process: decoders keep off it, and nobody loses a line of it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import pictures
import pytest

from digits.io.quiet import quiet_opencv, standard_error_aside

PAGE = pictures.digit_page("7")
PNG = pictures.png(PAGE)
JPEG = pictures.encode(".jpg", PAGE)
DAMAGED = {
    "jpeg": JPEG[:400] + bytes(range(60)) * 2 + JPEG[520:],
    "stray": JPEG[:2] + b"stray" + JPEG[2:],
    "png": pictures.png_file((64, 64, 8, 2), b"\x09" * 64 * 193),
    "tiff": pictures.encode(".tiff", PAGE)[:300],
    "bmp": pictures.encode(".bmp", PAGE)[:300],
}

OPEN_ALL = """
import os, pathlib, sys
from digits.errors import PictureError
from digits.io.picture import open_picture

def open_all(_=None):
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        try:
            open_picture(path)
        except PictureError:
            pass
"""

WITH_A_POOL = """
import threading
from {module} import {pool}

written = 0

def write():
    global written
    while not done.is_set():
        written += os.write(2, b"line\\n") == 5

before = os.fstat(2)
done = threading.Event()
writer = threading.Thread(target=write, daemon=True)
with {pool}(8) as pool:
    writer.start()
    list(pool.map(open_all, range(40)))
done.set()
writer.join()
os.write(2, b"last\\n")
assert os.path.samestat(before, os.fstat(2))
print(written)
"""


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    for name, data in DAMAGED.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def run(program: str, *arguments: str | Path, **options: object) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        timeout=120,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stderr
    return done


def test_decoders_keep_off_standard_error(damaged: Path) -> None:
    assert run(OPEN_ALL + "open_all()", damaged).stderr == b""


@pytest.mark.parametrize(
    ("module", "pool"),
    [("concurrent.futures", "ThreadPoolExecutor"), ("multiprocessing.pool", "ThreadPool")],
)
def test_no_line_is_lost_among_threads(damaged: Path, module: str, pool: str) -> None:
    done = run(OPEN_ALL + WITH_A_POOL.format(module=module, pool=pool), damaged)
    lines = done.stderr.split(b"\n")
    assert sum(line.endswith(b"line") for line in lines) == int(done.stdout)
    assert lines[-2:] == [b"last", b""]


def test_a_thread_that_starts_within_the_block_does_not_redirect() -> None:
    program = """
import os, threading
from digits.io.quiet import standard_error_aside

before = os.fstat(2)
inside, leave = threading.Event(), threading.Event()

def other():
    with standard_error_aside():
        inside.set()
        leave.wait(60)

with standard_error_aside():
    assert not os.path.samestat(before, os.fstat(2))
    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(60)
assert os.path.samestat(before, os.fstat(2))
leave.set()
thread.join()
assert os.path.samestat(before, os.fstat(2))
with standard_error_aside():
    os.write(2, b"aside")
    with standard_error_aside():
        os.write(2, b"aside")
os.write(2, b"kept")
"""
    assert run(program).stderr == b"kept"


def test_nothing_is_redirected_beside_another_thread(capfd: pytest.CaptureFixture[str]) -> None:
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait, args=(60,), daemon=True)
    thread.start()
    with standard_error_aside():
        os.write(2, b"a line\n")
    leave.set()
    thread.join()
    assert capfd.readouterr().err == "a line\n"


def test_log_level_is_put_back_when_the_last_thread_leaves() -> None:
    logging = getattr(cv2.utils, "logging", cv2)
    before = logging.getLogLevel()
    inside, leave = threading.Event(), threading.Event()

    def other_thread() -> None:
        with quiet_opencv():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=other_thread)
    thread.start()
    inside.wait(60)
    with quiet_opencv():
        pass
    assert logging.getLogLevel() == 0
    leave.set()
    thread.join()
    assert logging.getLogLevel() == before


def test_works_without_standard_error() -> None:
    program = (
        "import os, numpy; os.close(2); from digits.io.picture import open_picture;"
        "import sys; print(open_picture(sys.stdin.buffer).shape)"
    )
    assert run(program, input=PNG).stdout.split() == [b"(96,", b"128,", b"3)"]
