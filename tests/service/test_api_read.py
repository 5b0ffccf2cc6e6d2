"""POST /api/read, over real connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pictures
import pytest
from serving import Running, running

from digits.cli import main


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as service:
        yield service


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


SAMPLES = Path(__file__).parents[2] / "samples"
PAGE = (SAMPLES / "58-17+23_squared.jpg").read_bytes()
DIGIT = pictures.png(pictures.page("7").pixels)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({}, []),
        ({"signs": "false"}, ["--digits-only"]),
        ({"single": "true"}, ["--single"]),
        ({"number": "true"}, ["--number"]),
        ({"orientation": "180"}, ["--orientation", "180"]),
    ],
)
def test_answers_are_those_of_the_command(
    client: httpx.Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    query: dict[str, str],
    options: list[str],
) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(PAGE)
    main(["read", "--json", *options, str(path)])
    expected = json.loads(capsys.readouterr().out)

    answer = client.post("/api/read", params=query, files={"picture": ("page.jpg", PAGE)})

    assert answer.status_code == 200
    [reading] = answer.json()["readings"]
    assert reading.pop("milliseconds") > 0
    assert reading == expected | {"picture": "page.jpg"}


def test_several_pictures_keep_their_order_and_names(client: httpx.Client) -> None:
    files = [
        ("picture", ("a.png", PAGE)),
        ("picture", ("b\u2028.png", b"no")),
        ("picture", ("c", DIGIT)),
    ]

    answer = client.post("/api/read", files=files)

    assert answer.status_code == 200
    readings = answer.json()["readings"]
    assert [each["picture"] for each in readings] == ["a.png", "b\\u2028.png", "c"]
    assert "error" in readings[1]
    assert readings[2]["text"] == "7"


def test_a_raw_body_is_a_picture(client: httpx.Client) -> None:
    answer = client.post("/api/read", content=DIGIT, headers={"Content-Type": "image/png"})

    assert answer.json()["readings"][0]["text"] == "7"


def test_tiles_come_where_they_are_asked_for(client: httpx.Client) -> None:
    answer = client.post("/api/read", params={"single": "true", "tiles": "true"}, content=DIGIT)

    [digit] = answer.json()["readings"][0]["numbers"][0]["digits"]
    classes = client.post("/api/classify", json={"tiles": [digit["tile"]]}).json()
    assert classes["probabilities"][0] == pytest.approx(digit["probabilities"], abs=1e-5)


def test_what_is_no_picture_is_a_problem(client: httpx.Client) -> None:
    answer = client.post("/api/read", content=b"%PDF-1.7")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["type"] == "/problems/unreadable"
    assert "PDF" in content["detail"]
    assert content["readings"][0]["schema"] == 2


@pytest.mark.parametrize(
    "given",
    [
        {"content": b""},
        {"files": {"photo": ("a.png", DIGIT)}},
        {"files": {"picture": ("a.png", DIGIT)}, "data": {"more": "text"}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": DIGIT, "params": {"single": "perhaps"}},
        {"files": [("picture", ("a.png", DIGIT))] * 33},
    ],
)
def test_wrong_calls_are_problems(client: httpx.Client, given: dict[str, object]) -> None:
    answer = client.post("/api/read", **given)  # type: ignore[arg-type]

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 422


def test_single_and_number_exclude_each_other(client: httpx.Client) -> None:
    answer = client.post("/api/read", params={"single": "true", "number": "true"}, content=DIGIT)

    assert answer.status_code == 409


def test_every_page_of_a_document_is_a_reading(client: httpx.Client) -> None:
    seven = pictures.page("7").pixels
    pages = pictures.tiff_of_pages([seven, np.full_like(seven, 250), seven])
    answer = client.post(
        "/api/read", files=[("picture", ("scan.tif", pages)), ("picture", ("a.png", DIGIT))]
    )

    readings = answer.json()["readings"]
    assert [(each["picture"], each["page"], each["text"]) for each in readings] == [
        *(("scan.tif", 1, "7"), ("scan.tif", 2, ""), ("scan.tif", 3, "7"), ("a.png", 1, "7"))
    ]


def test_pages_beyond_the_limit_are_told(client: httpx.Client) -> None:
    tile = np.full((8, 8), 250, np.uint8)
    answer = client.post("/api/read", content=pictures.tiff_of_pages([tile] * 40))

    *readings, last = answer.json()["readings"]
    assert [each["page"] for each in readings] == list(range(1, 33))
    assert "has 40 pages; this service reads 32 pages" in last["error"]
