"""Corrections and what they teach, over real connections."""

from __future__ import annotations

import io
import json
import os
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pictures
import pytest
from serving import Running, running

from digits import Reader
from digits.data.corrections import Corrections
from digits.model.profile import Profile, save_profile


def tile_of(digit: str, seed: int = 0) -> list[list[int]]:
    """A tile of one digit."""
    ink = pictures.page_ink(digit, height=20, seed=seed)
    tile = np.zeros((28, 28), np.uint8)
    height, width = (min(28, side) for side in ink.shape)
    top, left = (ink.shape[0] - height) // 2, (ink.shape[1] - width) // 2
    tile[:height, :width] = ink[top : top + height, left : left + width]
    return tile.tolist()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service") / "my corrections"


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Running]:
    with running("--corrections", str(folder)) as service:
        yield service


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as client:
        for each in client.get("/api/corrections").json()["corrections"]:
            client.delete(f"/api/corrections/{each['id']}")
        client.delete("/api/profile")
        yield client


def correct(client: httpx.Client, seed: int, answer: int | None, **more: object) -> httpx.Response:
    return client.post(
        "/api/corrections", json={"tile": tile_of("7", seed), "read": 7, "answer": answer, **more}
    )


def test_a_correction_is_kept_listed_exported_and_undone(
    client: httpx.Client, folder: Path
) -> None:
    first = correct(client, 0, 7, confirmed=True, confidence=0.9)
    assert first.status_code == 201
    second = correct(client, 1, None).json()
    assert (second["answer"], second["confirmed"]) == (None, False)

    listed = client.get("/api/corrections").json()
    assert (listed["enabled"], listed["folder"]) == (True, "my corrections")
    assert listed["corrections"] == [first.json(), second]
    assert listed["corrections"][0]["tile"] == tile_of("7")
    assert len(Corrections(folder).load().corrections) == 2

    archive = zipfile.ZipFile(io.BytesIO(client.get("/api/corrections.zip").content))
    assert sorted(archive.namelist())[0] == "corrections.jsonl"
    assert len(archive.namelist()) == 3

    assert client.delete(f"/api/corrections/{second['id']}").status_code == 204
    assert client.delete(f"/api/corrections/{second['id']}").status_code == 404
    assert client.get("/api/corrections").json()["corrections"] == [first.json()]


def test_what_contradicts_its_neighbours_is_asked_once_more(client: httpx.Client) -> None:
    for seed in range(4):
        assert correct(client, seed, 7).status_code == 201

    answer = correct(client, 5, 1)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/contradicts"
    assert {each["answer"] for each in answer.json()["neighbours"]} == {7}
    assert correct(client, 5, 1, force=True).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": 10},
        {"answer": "7"},
        {"tile": [[0]]},
        {"path": "/etc"},
    ],
)
def test_wrong_corrections_are_refused(client: httpx.Client, wrong: dict[str, object]) -> None:
    given = {"tile": tile_of("7"), "read": 7, "answer": 7} | wrong

    assert client.post("/api/corrections", json=given).status_code == 422


def test_confirmed_is_what_answer_and_read_say(client: httpx.Client) -> None:
    assert correct(client, 0, 1, confirmed=True).status_code == 409
    assert correct(client, 0, 7, confirmed=False).status_code == 409


def test_no_identifier_becomes_a_path(client: httpx.Client, folder: Path) -> None:
    folder.parent.joinpath("secret").write_text("kept")

    for path in ("..%2Fsecret", "%2e%2e", "0123456789abcde", "x" * 16):
        assert client.delete(f"/api/corrections/{path}").status_code in (404, 405, 422)
    assert folder.parent.joinpath("secret").read_text() == "kept"


def test_teaching_waits_for_confirmed_digits_then_tests_and_can_be_undone(
    client: httpx.Client,
) -> None:
    assert client.get("/api/profile").json()["needed"] == 10
    for seed in range(10):
        assert correct(client, seed, 7, force=True).status_code == 201

    state = client.post("/api/profile").json()

    assert (state["needed"], state["n"], state["confirmed"]) == (0, 10, 10)
    assert state["after"] <= state["before"]
    assert len(state["interval"]) == 2
    assert state["in_use"] == (state["fixed"] > 2)
    assert client.delete("/api/profile").json()["in_use"] is False


def test_a_profile_moves_what_is_read_until_it_is_undone(tmp_path: Path) -> None:
    """Taught that this very seven is a one, the service doubts it, in pictures and tiles alike."""
    picture = pictures.png(pictures.page("7", seed=3).pixels)
    plain = Reader()
    before = plain.digit(picture)
    assert before.tile is not None
    features = plain.classifier.classify_features(before.tile[None])[2]
    votes = np.repeat(features, 5, axis=0), np.ones(5, np.uint8)
    profile = Profile(plain.classifier.model.card["sha256"], *votes)
    save_profile(profile, tmp_path / "profile")

    with running("--corrections", str(tmp_path)) as service, service.client() as client:

        def read() -> tuple[list[float], str]:
            answer = client.post("/api/read", params={"single": "true"}, content=picture).json()
            [reading] = answer["readings"]
            return reading["numbers"][0]["digits"][0]["probabilities"], reading["fingerprint"]

        probabilities, fingerprint = read()
        assert probabilities[1] > 10 * before.probabilities[1]
        assert fingerprint == plain.with_profile(profile).fingerprint
        assert client.get("/api/models").json()["fingerprint"] == fingerprint
        tiles = {"tiles": [before.tile.tolist()]}
        classes = client.post("/api/classify", json=tiles).json()
        assert classes["probabilities"][0] == pytest.approx(probabilities, abs=1e-5)
        assert client.get("/api/profile").json()["in_use"] is True

        assert client.delete("/api/profile").json()["in_use"] is False

        assert read()[0] == pytest.approx(before.probabilities, abs=1e-5)
        assert read()[1] == plain.fingerprint


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_what_was_acknowledged_survives_the_end_of_the_service(tmp_path: Path) -> None:
    with running("--corrections", str(tmp_path)) as service, service.client() as client:
        acknowledged = [correct(client, seed, 7, force=True).json()["id"] for seed in range(8)]
        service.process.send_signal(signal.SIGKILL)

    kept = [each.id for each in Corrections(tmp_path).load().corrections]
    assert kept == acknowledged


def test_a_disk_that_takes_nothing_more_is_told(client: httpx.Client, folder: Path) -> None:
    """A folder in the place of the list is as unwritable as a full disk, whoever runs the test."""
    log = folder / "corrections.jsonl"
    correct(client, 0, 7)
    log.rename(folder / "aside")
    log.mkdir()

    answer = correct(client, 1, 7, force=True)

    log.rmdir()
    (folder / "aside").rename(log)
    assert answer.status_code == 507
    assert answer.json()["type"] == "/problems/storage"
    assert "folder of corrections" in answer.json()["detail"]
    assert correct(client, 2, 7, force=True).status_code == 201
    assert len(client.get("/api/corrections").json()["corrections"]) == 2


def test_nothing_is_kept_unless_asked_for() -> None:
    with running() as service, service.client() as client:
        assert "nowhere" in service.greeting
        assert client.get("/api/corrections").json() == {
            "enabled": False, "folder": None, "corrections": [],
        }  # fmt: skip
        assert correct(client, 0, 7).status_code == 403
        assert json.loads(client.get("/api/profile").content) == {"enabled": False}
