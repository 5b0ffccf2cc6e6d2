"""Reading opens no connection, looks up no name and leaves no file that was not asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pictures
import pytest

VARIABLE = "ORT_DISABLE_TELEMETRY"
SECONDS = 15  # ONNX Runtime's first look-up was seen after nine

# Reads a picture over and over, through the library and as the command does. Sockets of native
# threads, which an audit hook does not see, are looked for among the open files.
READ = f"""
import os, pathlib, sys, time
seen = []
sys.addaudithook(lambda event, given: event.startswith("socket.") and seen.append((event, given)))
import digits
from digits.cli import main
files = pathlib.Path("/proc/self/fd")
end = time.monotonic() + {SECONDS}
while time.monotonic() < end:
    assert digits.read("7.png").text == "7"
    assert main(["read", "--single", "7.png", "--json", "--out", "out.json"]) == 0
    for _ in range(20):
        time.sleep(0.02)
        for each in os.listdir(files) if files.is_dir() else ():
            try:
                seen += [each] * os.readlink(files / each).startswith("socket:")
            except OSError:
                pass
print(seen)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps caches in no folder that HOME names")
def test_reading_stays_at_home(tmp_path: Path) -> None:
    work, home, calls = tmp_path / "work", tmp_path / "home", tmp_path / "calls"
    work.mkdir()
    home.mkdir()
    (work / "7.png").write_bytes(pictures.png(pictures.page("7").pixels))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    clean.pop(VARIABLE, None)
    command = [sys.executable, "-c", READ]
    if _traces():
        traced = ["strace", "-f", "-qq", "-e", "trace=network", "-e", "signal=none"]
        command = [*traced, "-o", str(calls), *command]

    done = subprocess.run(
        command,
        cwd=work,
        env=clean | {"HOME": str(home), "TMPDIR": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert list(home.rglob("*")) == []
    assert sorted(path.name for path in work.iterdir()) == ["7.png", "out.json"]
    if calls.exists():
        assert [line for line in calls.read_text().splitlines() if "(" in line] == []


def _traces() -> bool:
    """Whether system calls can be watched: strace is installed and allowed to."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("value", [None, "0", "1"])
def test_who_sets_the_variable_is_obeyed(value: str | None) -> None:
    clean = {name: each for name, each in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", f"import digits, os; print(os.environ[{VARIABLE!r}])"],
        env=clean | ({VARIABLE: value} if value else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (value or "1")
