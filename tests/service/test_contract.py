"""The interface as openapi.json describes it, tried by schemathesis and by its own examples."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import SECONDS, Running, running

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("--corrections", str(tmp_path_factory.mktemp("corrections"))) as service:
        yield service


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_it_does_what_it_describes(service: Running, tmp_path: Path, mode: str) -> None:
    """What the description allows is taken, what it does not is refused, and all is answered in
    the form described."""
    paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "run", f"{service.url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--mode", mode, "--checks", "all"),
            *("--max-examples", "5", "--generation-deterministic", "--no-color"),
            *("--request-timeout", str(SECONDS), "--max-response-time", str(SECONDS)),
            *("--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths, "SCHEMATHESIS_HOOKS": "contract_hooks"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    said = [line[:400] for line in (done.stdout + done.stderr).splitlines()]
    assert done.returncode == 0, "\n".join(said)


def test_every_example_is_answered(service: Running) -> None:
    schema = httpx.get(f"{service.url}/openapi.json", timeout=SECONDS).json()
    examples = [
        (path, content["application/json"]["example"])
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        if "application/json" in (content := operation.get("requestBody", {}).get("content", {}))
    ]

    assert {path for path, _ in examples} == {
        "/api/classify", "/api/corrections", "/api/layers",
    }  # fmt: skip
    for path, example in examples:
        answer = httpx.post(service.url + path, json=example, timeout=SECONDS)
        assert answer.is_success, path
