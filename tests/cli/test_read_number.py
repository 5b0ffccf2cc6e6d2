from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pictures
import pytest

from digits.cli import main
from digits.cli.read import EMPTY_CROP

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "305.png").write_bytes(pictures.png(pictures.page("305").pixels))
    (tmp_path / "blank.png").write_bytes(pictures.png(np.full((60, 160, 3), 255, np.uint8)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("at")
def test_every_picture_holds_one_number(capsys: Captured) -> None:
    assert main(["read", "--number", "--text", "305.png"]) == 0
    assert capsys.readouterr().out == "305\n"
    assert main(["read", "--number", "--json", "305.png", "blank.png"]) == 0
    output = capsys.readouterr()
    full, empty = map(json.loads, output.out.splitlines())
    assert [each["text"] for each in full["numbers"]] == ["305"]
    assert full["numbers"][0]["runner_up"]["text"] != "305"
    assert (empty["text"], empty["numbers"]) == ("", [])
    assert output.err == f"digits: no digits found in blank.png; {EMPTY_CROP}\n"


@pytest.mark.usefixtures("at")
def test_a_picture_holds_one_digit_or_one_number(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "--number", "--single", "305.png"])
    assert stop.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
