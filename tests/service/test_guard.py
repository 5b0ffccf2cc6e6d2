"""Who may ask, from where, and what browsers are told."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pictures
import pytest
from serving import started

from digits.cli import main
from digits.model.bundle import open_bundle
from digits.service.server import listen
from digits.service.settings import Settings

TILE = {"tiles": [[[0] * 28] * 28]}
PICTURE = pictures.png(pictures.page("7").pixels)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "engine").mkdir()
    (folder / "index.html").write_text("<!doctype html><head></head>")
    (folder / "app.js").write_text("")
    (folder / "engine" / "worker.js").write_text("")
    folder.parent.joinpath("secret").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def client(page: Path) -> Iterator[httpx.Client]:
    with started(Settings(page=page, workers=1)) as service, service.client() as client:
        client.headers["Host"] = "localhost:8000"
        yield client


@pytest.fixture(scope="module")
def guarded(page: Path) -> Iterator[httpx.Client]:
    settings = Settings(page=page, workers=1, token="a-secret", hosts=None)
    with started(settings) as service, service.client() as client:
        client.headers["Host"] = "digits.example"
        yield client


def test_the_page_may_load_nothing_from_elsewhere(client: httpx.Client) -> None:
    answer = client.get("/")

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; img-src 'self' blob: data:;")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert client.get("/page/app.js").headers["content-type"].startswith("text/javascript")


def test_the_page_and_its_examples_are_served() -> None:
    with started(Settings(workers=1)) as service, service.client() as client:
        index = client.get("/")
        assert index.headers["content-type"].startswith("text/html")
        for name in re.findall(r'(?:href|src)="(page/[^"]+)"', index.text):
            assert client.get(f"/{name}").status_code == 200, name


def test_the_engine_gets_the_networks_that_read_here(client: httpx.Client) -> None:
    answer = client.get("/page/engine/classifier.onnx")
    if answer.status_code == 404:
        assert "make page" in answer.json()["detail"]
        return

    assert answer.content == open_bundle("default").classifier.model.network
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/page/engine/classifier.onnx", headers=known).status_code == 304
    reader = client.get("/page/engine/reader.json").json()
    assert reader["fingerprint"] == client.get("/api/models").json()["fingerprint"]
    assert client.get("/page/engine/none.onnx").status_code == 404


def test_webassembly_runs_in_the_engine_alone(client: httpx.Client) -> None:
    policies = {
        path: client.get(path).headers["content-security-policy"]
        for path in ("/page/app.js", "/page/engine/worker.js", "/api/models")
    }

    assert [path for path, policy in policies.items() if "wasm" in policy] == [
        "/page/engine/worker.js"
    ]
    assert "'unsafe-eval'" not in policies["/page/engine/worker.js"]


@pytest.mark.parametrize(
    "path",
    ["/page/../secret", "/page/%2e%2e/secret", "/page/..%2fsecret", "/page/", "/page/none.js"],
)
def test_addresses_lead_nowhere_else(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:9000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 421),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "["}, 421),
    ],
)
def test_other_sites_may_not_ask(
    client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    assert client.post("/api/classify", json=TILE, headers=headers).status_code == status


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer a-secre", 401),
        ("Bearer", 401),
        ("Basic a-secret", 401),
        ("Basic !", 401),
        ("Basic \xe9", 401),
        ("Bearer \xe9", 401),
        (basic("a-secret2"), 401),
        ("Bearer a-secret", 200),
        ("bearer a-secret", 200),
        (basic("a-secret"), 200),
    ],
)
def test_a_token_is_demanded(guarded: httpx.Client, authorization: str | None, status: int) -> None:
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}

    for path in ("/api/models", "/metrics", "/api/corrections", "/openapi.json", "/v2"):
        answer = guarded.get(path, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


def test_page_and_health_need_no_token(guarded: httpx.Client) -> None:
    for path in ("/", "/page/app.js", "/healthz"):
        assert guarded.get(path).status_code == 200


def test_nothing_is_read_without_a_token(guarded: httpx.Client) -> None:
    assert guarded.post("/api/read", content=PICTURE).status_code == 401


def test_others_are_let_in_only_on_purpose(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITS_TOKEN", raising=False)

    assert main(["serve", "--host", "0.0.0.0"]) == 2

    message = capsys.readouterr().err
    assert "--token" in message
    assert "--no-auth" in message


def test_a_missing_extra_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)

    assert main(["serve"]) == 2

    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert 'pip install ".[serve]"' in message


@pytest.mark.parametrize(
    "wrong",
    [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--label-studio", "studio.example"],
        ["--token", "t", "--no-auth"],
        ["--token", "two words"],
        ["--token", ""],
    ],
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *wrong])
    assert ended.value.code == 2


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "name another with --port" in capsys.readouterr().err


def test_an_unknown_model_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--model", "none"]) == 2
    assert capsys.readouterr().err.startswith("digits: no model 'none'")
