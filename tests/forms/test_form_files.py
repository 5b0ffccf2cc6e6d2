"""A form as JSON with a PNG beside it: written, edited, damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from form_pictures import blank_form

from digits.errors import DigitsError
from digits.forms import Form, learn, open_form


@pytest.fixture(scope="module")
def form() -> Form:
    return learn(blank_form())


def test_what_was_saved_is_opened(form: Form, tmp_path: Path) -> None:
    form.save(tmp_path / "form.json")
    again = open_form(tmp_path / "form.json")
    assert again.fields == form.fields
    assert (again.blank == form.blank).all()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["form.blank.png", "form.json"]


def test_a_field_is_one_line(form: Form, tmp_path: Path) -> None:
    form.save(tmp_path / "form.json")
    lines = (tmp_path / "form.json").read_text("utf-8").splitlines()
    assert sum('"name"' in line for line in lines) == len(form.fields)
    assert '"name": "field 1", "expect": null' in "\n".join(lines)


def test_dict_and_back(form: Form) -> None:
    assert Form.from_dict(form.to_dict(), form.blank).fields == form.fields


def edited(form: Form, folder: Path, edit: Any) -> Path:
    path = folder / "form.json"
    form.save(path)
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_an_edit_by_hand_is_taken(form: Form, tmp_path: Path) -> None:
    def edit(content: Any) -> None:
        content["fields"][0] |= {"name": "größe", "expect": "0..20", "box": [260.4, 180, 300, 60]}
        del content["fields"][1]["expect"]

    first, second = open_form(edited(form, tmp_path, edit)).fields[:2]
    assert (first.name, first.expect, first.box) == ("größe", "0..20", (260, 180, 300, 60))
    assert second.expect is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expect": "["}, "regular expression"),
        ({"expect": "9..1"}, "LOW..HIGH"),
        ({"expect": 20}, "a text"),
        ({"name": "field 2"}, "two fields have the name 'field 2'"),
        ({"name": ""}, "expected a text"),
        ({"kind": "circle"}, "box, line or comb"),
        ({"box": [1, 2, 3]}, "x, y, width, height"),
        ({"box": [1, 2, 0, 9]}, "is empty"),
        ({"box": [990, 2, 30, 30]}, "not on its picture"),
        ({"box": None}, "x, y, width, height"),
        ({"box": [1, 2, float("inf"), 9]}, "four finite numbers"),
        ({"cells": [[1, 2, 3, "x"]]}, "four numbers"),
    ],
)
def test_a_wrong_edit_is_named(form: Form, tmp_path: Path, change: Any, words: str) -> None:
    path = edited(form, tmp_path, lambda content: content["fields"][0].update(change))
    with pytest.raises(DigitsError, match=words.replace(".", r"\.")) as caught:
        open_form(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"blank": {}}', "{", '{"schema": 1}'])
def test_what_is_no_form_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "form.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DigitsError, match=r"form\.json"):
        open_form(path)


def test_a_blank_that_changed_or_is_gone_is_refused(form: Form, tmp_path: Path) -> None:
    form.save(tmp_path / "form.json")
    (tmp_path / "form.blank.png").write_bytes(b"other")
    with pytest.raises(DigitsError, match="has changed"):
        open_form(tmp_path / "form.json")
    (tmp_path / "form.blank.png").unlink()
    with pytest.raises(DigitsError, match="cannot be read"):
        open_form(tmp_path / "form.json")


def test_a_form_opens_no_picture_elsewhere(form: Form, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    path = edited(
        form, folder, lambda content: content["blank"].update(picture="../form.blank.png")
    )
    (tmp_path / "form.blank.png").write_bytes((folder / "form.blank.png").read_bytes())
    (folder / "form.blank.png").unlink()
    with pytest.raises(DigitsError, match="cannot be read"):
        open_form(path)


def test_a_form_without_fields_is_none(form: Form) -> None:
    with pytest.raises(ValueError, match="no fields"):
        Form.from_dict(form.to_dict() | {"fields": []}, np.asarray(form.blank))
