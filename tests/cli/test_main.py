from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from digits.cli import VERBS, main

Captured = pytest.CaptureFixture[str]


def stopped(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return stop.value.code


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_version(capsys: Captured) -> None:
    assert stopped("--version") == 0
    assert capsys.readouterr().out == f"{version('handwritten-digit-recognition')}\n"


def test_help_names_every_verb(capsys: Captured) -> None:
    assert stopped("--help") == 0
    out = capsys.readouterr().out
    assert all(f"\n    {verb} " in out and about in out for verb, about in VERBS.items())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: Captured) -> None:
    assert stopped(verb, "--help") == 0
    assert f"digits {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["raed"], ["--no-such-option"], ["READ"], [""]])
def test_a_wrong_call(arguments: list[str], capsys: Captured) -> None:
    assert stopped(*arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "digits: error: " in output.err


def test_no_verb_shows_the_help_and_fails(capsys: Captured) -> None:
    assert stopped() == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("usage: digits")


def test_the_command_and_the_module_are_one() -> None:
    done = python("-m", "digits", "--version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (
        0,
        version("handwritten-digit-recognition"),
        "",
    )
    (command,) = entry_points(group="console_scripts", name="digits")
    assert command.load() is main


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import digits; digits.Reader()", id="import"),
        pytest.param("from digits.cli import main; main(['read', 'no such.png'])", id="read"),
    ],
)
def test_reading_loads_nothing_heavy(program: str) -> None:
    done = python("-c", f"{program}; import sys; print(*sys.modules, sep='\\n')")
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "onnxruntime" in loaded
    assert not loaded & {"tensorflow", "keras", "matplotlib", "jinja2", "tqdm", "onnx", "PIL"}
