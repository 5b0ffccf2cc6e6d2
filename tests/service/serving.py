"""A service as its users start it, on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

SECONDS = 120  # until it is ready, however busy the machine


@dataclass(frozen=True)
class Running:
    """A process of `digits serve`, and the first lines that it printed."""

    url: str
    greeting: str
    process: subprocess.Popen[str]

    def client(self, **more: object) -> httpx.Client:
        """A client that waits as long as a busy machine needs."""
        return httpx.Client(base_url=self.url, timeout=SECONDS, **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def running(
    *options: str, command: tuple[str, ...] = ("-m", "digits"), **env: str
) -> Iterator[Running]:
    """`digits serve` with these options, ready; ended with its block."""
    process = subprocess.Popen(
        [sys.executable, *command, "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    )
    assert process.stdout
    try:
        lines = [process.stdout.readline() for _ in range(2)]
        found = re.search(r"http://\S+(?=/)", lines[0])
        assert found, "it did not start"
        service = Running(found[0], "".join(lines), process)
        _wait_until_ready(service)
        yield service
    finally:
        process.terminate()
        process.wait(SECONDS)
        process.stdout.close()


def _wait_until_ready(service: Running) -> None:
    end = time.monotonic() + SECONDS
    while httpx.get(f"{service.url}/readyz", timeout=SECONDS).status_code != 200:
        assert time.monotonic() < end, "it is not ready in time"
        time.sleep(0.05)


def descendants(process: int) -> list[int]:
    """The processes that a process has started, found in /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found
