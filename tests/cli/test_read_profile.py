"""digits read --profile."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pictures import digit_page

from digits import Reader
from digits.cli import main
from digits.model.profile import Profile, Votes, save_profile


def test_pictures_are_read_with_a_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = digit_page("7")
    cv2.imwrite(str(tmp_path / "seven.png"), page[..., ::-1])
    reader = Reader()
    classifier = reader.classifier
    features = classifier.classify_features(reader.digit(page).tile[None])[2]
    answers = np.array([1], np.uint8)
    model = classifier.model.card["sha256"]
    save_profile(Profile(model, features, answers, Votes(1, 0.5, 30)), tmp_path / "mine")
    call = ["read", "--single", "--json", str(tmp_path / "seven.png")]
    assert main(call) == 0
    assert main([*call, "--profile", str(tmp_path / "mine")]) == 0
    plain, own = map(json.loads, capsys.readouterr().out.splitlines())
    assert (plain["text"], own["text"]) == ("7", "1")
    assert plain["fingerprint"] != own["fingerprint"]


def test_a_profile_that_is_none_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", "x.png", "--profile", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "profile.json" in error
