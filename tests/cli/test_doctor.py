"""digits doctor. After networks or parameters changed, write the stored answer anew:

.venv/bin/python tests/cli/test_doctor.py
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import cv2
import pictures
import pytest

import digits
from digits.cli import doctor, main
from digits.model import bundle, store
from digits.model.bundle import shipped_bundles

ROOT = Path(__file__).parent.parent.parent
TEXT = "305 42\n1867"


def test_all_is_well_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["digits"] == digits.version.__version__
    assert lines["onnxruntime"][0].isdigit()
    assert lines["default"].startswith("sums right, fingerprint ")
    assert lines["check"].startswith(repr(TEXT))


def test_every_optional_part_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert {*doctor.EXTRAS, "all"} == set(project["project"]["optional-dependencies"])


def test_a_missing_part_is_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(doctor.EXTRAS, "heic", ("no_such_module",))
    assert main(["doctor"]) == 0
    assert 'no no_such_module: pip install ".[heic]"' in capsys.readouterr().out


def test_a_damaged_network_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(store.SHIPPED, tmp_path / "shipped")
    for module in (bundle, doctor, store):
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "shipped")
    network = tmp_path / "shipped" / "default" / "detector" / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "damaged" in out
    assert "SHA-256" in err


def test_another_reading_than_the_stored_one_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"text": "1", "confidences": [0.9]}))
    monkeypatch.setattr(doctor, "ANSWER", answer)
    assert main(["doctor"]) == 1
    assert "expected '1'" in capsys.readouterr().err


def test_models_are_listed_with_their_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert all(kind in text for kind in ("classifier", "detector", "recogniser"))
    assert main(["models", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["name"] for each in found] == shipped_bundles()
    for each in found:
        assert each["bytes"] == sum(network["bytes"] for network in each["networks"]) < 6e6
        assert each["fingerprint"] == digits.Reader(each["name"]).fingerprint
        assert all(0 < network["score"]["accuracy"] <= 1 for network in each["networks"])


def write() -> None:
    """Make the picture, if there is none, and store how it is read."""
    if not doctor.CHECK.is_file():
        grey = cv2.cvtColor(pictures.page(TEXT, height=28).pixels, cv2.COLOR_RGB2GRAY)
        cv2.imwrite(str(doctor.CHECK), grey)
    reading = digits.Reader().read(doctor.CHECK)
    confidences = [round(number.confidence, 3) for number in reading.numbers]
    content = {"text": reading.text, "confidences": confidences}
    doctor.ANSWER.write_text(json.dumps(content) + "\n", "utf-8")


if __name__ == "__main__":
    write()
