"""A service as its users start it, on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from digits.service.app import create_app
from digits.service.server import listen, make_server
from digits.service.settings import Settings
from digits.service.state import Service

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
        _wait_until_ready(service.url)
        yield service
    finally:
        process.terminate()
        process.wait(SECONDS)
        process.stdout.close()


def _wait_until_ready(url: str) -> None:
    until(lambda: httpx.get(f"{url}/readyz", timeout=SECONDS).status_code == 200, "readiness")


@dataclass(frozen=True)
class Started:
    """A service within this process, on real connections."""

    url: str
    port: int
    app: FastAPI

    @property
    def service(self) -> Service:
        """Its parts."""
        service: Service = self.app.state.service
        return service

    def client(self, **more: object) -> httpx.Client:
        """A client that waits as long as a busy machine needs."""
        return httpx.Client(base_url=self.url, timeout=SECONDS, **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def started(settings: Settings) -> Iterator[Started]:
    """A service with these settings in a thread, ready; ended with its block."""
    app = create_app(settings)
    with listen("127.0.0.1", 0) as socket:
        server = make_server(app, settings.limits)
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        port = socket.getsockname()[1]
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}")
            yield Started(f"http://127.0.0.1:{port}", port, app)
        finally:
            server.should_exit = True
            thread.join(SECONDS)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something holds that another thread or process brings about."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def descendants(process: int) -> list[int]:
    """The processes that a process has started, found in /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found
