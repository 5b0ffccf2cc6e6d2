"""Bundles: networks and the parameters fitted to them, opened as one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pictures
import pytest

import digits
from digits.errors import ModelError
from digits.model.bundle import BUNDLE, open_bundle, shipped_bundles, update_sums
from digits.model.store import KINDS, SHIPPED

PAGE = pictures.page("2024 17\n305 896", height=40).pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "default", tmp_path / "mine"))


def change(folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """Edit bundle.json in place."""
    content = json.loads((folder / BUNDLE).read_text("utf-8"))
    edit(content)
    (folder / BUNDLE).write_text(json.dumps(content), "utf-8")
    return folder


@pytest.mark.parametrize("name", ["default", "large"])
def test_shipped_bundles_open_by_name(name: str) -> None:
    bundle = open_bundle(name)
    assert name in shipped_bundles()
    assert bundle.name == name
    assert set(bundle.models) == set(KINDS)
    assert len(bundle.fingerprint) == 16


def test_bundles_with_other_networks_have_other_fingerprints() -> None:
    assert open_bundle("default").fingerprint == open_bundle("default").fingerprint
    assert open_bundle("default").fingerprint != open_bundle("large").fingerprint


def test_a_bundle_folder_anywhere_reads_as_the_shipped_one(folder: Path) -> None:
    mine, shipped = digits.Reader(folder), digits.Reader()
    assert mine.fingerprint == shipped.fingerprint
    assert mine.read(PAGE).text == shipped.read(PAGE).text == "2024 17\n305 896"


def test_another_threshold_changes_answer_and_fingerprint(folder: Path) -> None:
    def deaf(content: dict[str, Any]) -> None:
        content["parameters"]["accept"]["threshold"]["value"] = 1.1

    reader = digits.Reader(change(folder, deaf))
    assert reader.read(PAGE).text == ""
    assert reader.fingerprint != digits.Reader().fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_folder_takes_the_place_of_the_default_network(kind: str, folder: Path) -> None:
    card = folder / kind / "model.json"
    content = json.loads(card.read_text("utf-8"))
    content["calibration"] = {key: value + 0.1 for key, value in content["calibration"].items()}
    card.write_text(json.dumps(content), "utf-8")
    bundle = open_bundle(folder / kind)
    assert bundle.models[kind].calibration == content["calibration"]
    assert bundle.fingerprint != open_bundle().fingerprint
    others = set(KINDS) - {kind}
    assert all(bundle.models[each] == open_bundle().models[each] for each in others)


def test_a_network_that_is_not_the_one_named_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / "classifier")
    shutil.copytree(SHIPPED / "large" / "classifier", folder / "classifier")
    with pytest.raises(ModelError, match=r"is not the classifier that .* names: SHA-256"):
        open_bundle(folder)


BROKEN = {
    "no threshold": lambda content: content["parameters"]["accept"].pop("threshold"),
    "an unknown one": lambda content: content["parameters"]["accept"].update(x={"value": 1}),
    "no numbers": lambda content: content["parameters"].pop("numbers"),
    "NaN": lambda content: content["parameters"]["numbers"]["gap"].update(value=float("nan")),
    "a text": lambda content: content["parameters"]["numbers"]["gap"].update(value="wide"),
    "no networks": lambda content: content.pop("networks"),
    "a list": lambda content: content.update(parameters=[]),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_list_is_refused_in_one_line(what: str, folder: Path) -> None:
    with pytest.raises(ModelError, match=r"bundle\.json is not the list of a bundle") as error:
        open_bundle(change(folder, BROKEN[what]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "\0"])
def test_what_is_no_json_is_refused_in_one_line(text: str, folder: Path) -> None:
    (folder / BUNDLE).write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"bundle\.json is not a JSON object") as error:
        open_bundle(folder)
    assert len(str(error.value)) < 400


def test_a_network_trained_anew_is_named_again(folder: Path) -> None:
    for name in ("model.json", "model.onnx"):
        shutil.copy(SHIPPED / "large" / "classifier" / name, folder / "classifier" / name)
    update_sums(folder)
    assert open_bundle(folder).classifier.model.card["parameters"] > 1_000_000


def test_nothing_by_that_name() -> None:
    with pytest.raises(ModelError, match=r"no model 'defualt': .* default, large"):
        open_bundle("defualt")


def test_every_parameter_names_its_unit_and_how_it_is_fitted() -> None:
    content = json.loads((SHIPPED / "default" / BUNDLE).read_text("utf-8"))
    for section in content["parameters"].values():
        for name, entry in section.items():
            assert set(entry) == {"value", "unit", "fit"}, name


def test_threads_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="threads is 0; expected 1 or more"):
        digits.Reader(threads=0)
