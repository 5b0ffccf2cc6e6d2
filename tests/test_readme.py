"""The README's own words, done: every command of it, and its Python."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from service.serving import running

from digits.errors import DigitsError
from digits.service.runtime import runtime_files

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [
    line
    for language, block in BLOCKS
    if not language
    for line in block.splitlines()
    if line.startswith("digits ")
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a reader of the README has before them, with a few of the samples: what is
    read in all of them, test_samples.py knows."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "img_7.png", folder)
    shutil.copytree(ROOT / "samples" / "form", folder / "samples" / "form")
    for name in ("1_*.jpg", "2_*.png", "*_table.jpg"):
        (picture,) = (ROOT / "samples").glob(name)
        shutil.copy(picture, folder / "samples")
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, with this environment's `digits` on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command, shell=True, cwd=folder, env=os.environ | {"PATH": path},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) >= 6


# What is left out of a training, which takes a minute; `digits demo` has all 20 epochs of it.
SHORTER = {"digits train --recipe seed --out runs/seed": " --epochs 1"}


# One test, because later commands use what earlier ones made.
def test_every_command_works_in_order(project: Path) -> None:
    commands = [command for command in COMMANDS if not command.startswith("digits serve")]
    assert SHORTER.keys() < set(commands)
    if not is_runtime_there():
        commands.remove("digits export page --out site")
    printed = {}
    for command in commands:
        done = run(command + SHORTER.get(command, ""), project)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        printed[command] = done.stdout
    assert "runs/seed" in printed["digits evaluate runs/seed default --html evaluation.html"]
    assert (project / "evaluation.html").stat().st_size > 10_000
    assert (project / "mnist.png").is_file()
    assert len(list((project / "pages").glob("page_*.png"))) == 12
    assert len(list((project / "annotated").glob("*.png"))) == len(
        list((project / "samples").glob("*.jpg"))
    )


def is_runtime_there() -> bool:
    """Whether `make page` was run."""
    try:
        return bool(runtime_files())
    except DigitsError:
        return os.environ.get("DIGITS_BROWSER") == "required"


def test_the_service_starts_and_reads(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    served = [shlex.split(each)[2:] for each in COMMANDS if each.startswith("digits serve")]
    assert served == [[], ["--corrections", "my-hand"]]
    for options in served:
        with running(*options) as service, service.client() as client:
            answer = client.post("/api/read", content=Path("img_7.png").read_bytes())
            assert answer.json()["readings"][0]["text"] == "7"
            assert client.get("/api/corrections").json()["enabled"] == bool(options)


def test_the_output_shown_is_what_is_printed(project: Path) -> None:
    shown = re.search(r"^img_7\.png   7   \d+\.\d %$", README, flags=re.MULTILINE)
    assert shown
    assert run("digits read img_7.png", project).stdout.strip() == shown.group()


def test_the_table_shown_is_what_is_printed(project: Path) -> None:
    (shown,) = (block for language, block in BLOCKS if language == "text")
    printed = run("digits read samples/*_table.jpg --table", project).stdout
    assert printed.replace("*", " ").split()[1:] == shown.split()


def test_the_python_runs(project: Path) -> None:
    (code,) = [block for language, block in BLOCKS if language == "python"]
    check = code + "\nassert reading.text == '7' and reader.digit('img_7.png').digit == 7\n"
    (project / "example.py").write_text(check, "utf-8")
    assert run(f'"{sys.executable}" example.py', project).returncode == 0


def test_files_it_points_to_exist() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_it_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?\bmake ([a-z]+)\b", README)):
        if target not in {"as", "the"}:
            assert re.search(rf"^([a-z]+ )*{target}( [a-z]+)*:", makefile, re.MULTILINE), target
