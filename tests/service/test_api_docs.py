"""docs/api.md's own words, done: its commands and its Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import SECONDS, Running, running

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", DOCS, flags=re.MULTILINE | re.DOTALL)
LINES = [line for kind, block in BLOCKS if kind == "bash" for line in block.splitlines()]
CURLS = [line for line in LINES if line.startswith("curl") and "Authorization" not in line]
PYTHON = [b for kind, b in BLOCKS if kind == "python" and "ray" not in b]  # a cluster of its own
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as service:
        yield service


def shell(command: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.replace("curl", "curl --silent --show-error --fail", 1), shell=True, cwd=ROOT,
        env=os.environ | {"URL": url}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


@needs_curl
@pytest.mark.parametrize("command", CURLS)
def test_commands_work(service: Running, command: str) -> None:
    done = shell(command, service.url)

    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("block", PYTHON)
def test_python_works(service: Running, block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"URL = {service.url!r}\n{block}"],
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "7" in done.stdout or "2024" in done.stdout


@needs_curl
def test_other_machines_are_let_in_by_token() -> None:
    [start] = [line for line in LINES if line.startswith("DIGITS_TOKEN")]
    [ask] = [line for line in LINES if "Authorization" in line]
    token = start.split()[0].partition("=")[2]
    with running(*start.split()[3:], DIGITS_TOKEN=token) as service:
        url = service.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/api/models", timeout=SECONDS).status_code == 401
        assert shell(ask, url).returncode == 0


def test_every_status_and_address_is_told() -> None:
    from digits.service.app import create_app
    from digits.service.settings import Settings

    schema = create_app(Settings(workers=1)).openapi()
    for path, operations in schema["paths"].items():
        assert f"{path}`" in DOCS, path
        for operation in operations.values():
            for status in operation["responses"]:
                assert status[0] == "2" or f"\n| {status} |" in DOCS, (path, status)


def test_every_option_is_told() -> None:
    help = subprocess.run(
        [sys.executable, "-m", "digits", "serve", "--help"],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    ).stdout  # fmt: skip
    for option in set(re.findall(r"--[a-z][a-z-]+", help)) - {"--help"}:
        assert f"`{option}" in DOCS or f"{option} " in DOCS, option
