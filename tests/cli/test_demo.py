from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from digits.cli import demo
from digits.files import write_json

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo folder as the first run leaves it; to make it anew fails."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "7_a.png").write_bytes(b"picture")
    seed = tmp_path / "demo" / "seed"
    seed.mkdir(parents=True)
    for name in demo.SEED_FILES:
        (seed / name).write_text(name)
    report = seed.parent / demo.REPORT
    report.write_text("report")
    lines = ["1  MNIST", "   seed     98.92%"]
    made = {"from": demo.sums(seed), "report": demo.sum_of([report]), "lines": lines}
    write_json(seed.parent / demo.MADE, made)

    def make(out: Path, data: Path | None) -> None:
        print("made anew")

    monkeypatch.setattr(demo, "make", make)
    return seed.parent


def run(out: Path) -> None:
    assert demo.run(Namespace(out=out, data=None)) == 0


def test_the_second_time_it_says_what_came_out_and_makes_nothing(
    made: Path, capsys: Captured
) -> None:
    run(made)
    output = capsys.readouterr().out
    assert output.startswith("1  MNIST\n   seed     98.92%\nNothing has changed since")
    assert str(made / demo.REPORT) in output
    assert "made anew" not in output


@pytest.mark.parametrize("changed", [f"seed/{name}" for name in demo.SEED_FILES] + ["report.html"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_changed_or_missing_file_makes_it_anew(
    changed: str, is_there: bool, made: Path, capsys: Captured
) -> None:
    if is_there:
        (made / changed).write_text("other")
    else:
        (made / changed).unlink()
    run(made)
    assert "made anew" in capsys.readouterr().out


def test_another_sample_makes_it_anew(made: Path, capsys: Captured) -> None:
    Path("samples/8_b.png").write_bytes(b"another")
    run(made)
    assert "made anew" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"from": 1, "report": 2, "lines": 3}'])
def test_a_record_that_is_none_makes_it_anew(content: str, made: Path, capsys: Captured) -> None:
    (made / demo.MADE).write_text(content)
    run(made)
    assert "made anew" in capsys.readouterr().out


def test_a_model_that_ships_and_changes_makes_it_anew(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    package = tmp_path / "package"
    model = package / "model" / "shipped" / "default" / "model.onnx"
    model.parent.mkdir(parents=True)
    (package / "cli").mkdir()
    model.write_bytes(b"one")
    monkeypatch.setattr(demo, "__file__", str(package / "cli" / "demo.py"))
    record = json.loads((made / demo.MADE).read_text("utf-8"))
    write_json(made / demo.MADE, record | {"from": demo.sums(made / "seed")})
    run(made)
    assert "Nothing has changed" in capsys.readouterr().out
    model.write_bytes(b"two")
    run(made)
    assert "made anew" in capsys.readouterr().out
