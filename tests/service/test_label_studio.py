"""The backend of Label Studio, by requests in the form that Label Studio 1.x sends."""

from __future__ import annotations

import base64
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pictures
import pytest
from serving import Running, running

from digits.data.corrections import Corrections
from digits.service.labelconfig import regions

PAGE = pictures.page("305 48")
PNG = pictures.png(PAGE.pixels)
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()
BOXES = """
<View>
  <Image name="image" value="$ocr"/>
  <!-- one box a number -->
  <RectangleLabels name="label" toName="image">
    <Label value="Number" background="green"/>
  </RectangleLabels>
  <TextArea name="transcription" toName="image" editable="true" perRegion="true"/>
</View>
"""
TEXT = '<View><Image name="page" value="$image"/><TextArea name="all" toName="page"/></View>'


class Studio(BaseHTTPRequestHandler):
    """What of Label Studio is asked for pictures."""

    def do_GET(self) -> None:
        if self.path == "/data/elsewhere.png":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/other.png")
            self.end_headers()
            return
        is_known = self.headers["Authorization"] == "Token studio-key"
        self.send_response(200 if is_known else 401)
        self.end_headers()
        self.wfile.write(PNG if is_known else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def studio() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Studio)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="module")
def service(studio: str, folder: Path) -> Iterator[Running]:
    options = ("--label-studio", studio, "--corrections", str(folder))
    with running(*options, LABEL_STUDIO_API_KEY="studio-key") as service:
        yield service


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


def asked(data: dict[str, str], config: str = BOXES) -> dict[str, object]:
    """The body of a request for predictions."""
    return {
        "tasks": [{"id": 7, "data": data, "annotations": [], "predictions": []}],
        "model_version": None,
        "project": "12.1701234567",
        "label_config": config,
        "params": {"login": None, "password": None, "context": None},
    }


def test_it_is_set_up(client: httpx.Client) -> None:
    given = {
        "project": "12.1701234567",
        "schema": BOXES,
        "hostname": "http://studio.example",
        "access_token": "secret",
    }
    version = client.post("/setup", json=given).json()["model_version"]
    assert client.get("/health").json()["status"] == "UP"
    assert client.get("/versions").json() == {"versions": [version]}
    assert client.get("/api/models").json()["fingerprint"] == version


def test_numbers_become_boxes_with_texts(client: httpx.Client) -> None:
    answer = client.post("/predict", json=asked({"ocr": DATA})).json()

    [prediction] = answer["results"]
    assert prediction["model_version"] == answer["model_version"]
    boxes = [each for each in prediction["result"] if each["type"] == "rectanglelabels"]
    texts = [each for each in prediction["result"] if each["type"] == "textarea"]
    assert [each["value"]["text"] for each in texts] == [["305"], ["48"]]
    assert [each["id"] for each in texts] == [each["id"] for each in boxes]
    assert {each["from_name"] for each in texts} == {"transcription"}
    assert {each["to_name"] for each in prediction["result"]} == {"image"}
    assert boxes[0]["value"]["rectanglelabels"] == ["Number"]
    height, width = PAGE.pixels.shape[:2]
    assert (boxes[0]["original_width"], boxes[0]["original_height"]) == (width, height)
    left = boxes[0]["value"]["x"] * width / 100
    assert left == pytest.approx(PAGE.boxes[0][0], abs=8)
    assert 0 < prediction["score"] <= 1


def test_without_boxes_the_page_is_one_text(client: httpx.Client) -> None:
    answer = client.post("/predict", json=asked({"image": DATA}, TEXT)).json()

    [entry] = answer["results"][0]["result"]
    assert entry["value"] == {"text": ["305 48"]}
    assert (entry["from_name"], entry["to_name"]) == ("all", "page")


def test_pictures_are_fetched_from_label_studio(client: httpx.Client, studio: str) -> None:
    for named in ("/data/upload/1/page.png", f"{studio}/data/local-files/?d=page.png"):
        answer = client.post("/predict", json=asked({"ocr": named})).json()

        assert len(answer["results"][0]["result"]) == 4


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("http://169.254.169.254/latest", "not at http"),
        ("file:///etc/passwd", "not at http"),
        ("s3://bucket/page.png", "not at http"),
        ("/data/elsewhere.png", "does not give the picture"),
        ("data:image/png,raw", "base64"),
        ("data:image/png;base64,#", "damaged"),
        (DATA[:200], "damaged|cut off"),
        ("", "no picture"),
    ],
)
def test_pictures_out_of_reach_are_told(client: httpx.Client, named: str, reason: str) -> None:
    [prediction] = client.post("/predict", json=asked({"ocr": named})).json()["results"]

    assert prediction["result"] == []
    assert prediction["score"] == 0
    assert any(each in prediction["error"] for each in reason.split("|"))


@pytest.mark.parametrize(
    "config",
    [
        "",
        "<View>",
        '<View><Text name="text" value="$text"/></View>',
        '<View><Image name="image" value="$ocr"/></View>',
        '<!DOCTYPE v [<!ENTITY a "aa">]><View>&a;</View>',
    ],
)
def test_configurations_that_cannot_be_filled_are_told(client: httpx.Client, config: str) -> None:
    answer = client.post("/predict", json=asked({"ocr": DATA}, config))

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/label-config"


def region(text: str, **more: object) -> dict[str, object]:
    """A box around the page's first number, and what somebody wrote on it."""
    height, width = PAGE.pixels.shape[:2]
    boxes = PAGE.boxes[:3]
    left, top = min(b[0] for b in boxes) - 4, min(b[1] for b in boxes) - 4
    right, bottom = max(b[0] + b[2] for b in boxes) + 4, max(b[1] + b[3] for b in boxes) + 4
    value = {
        "x": 100 * left / width,
        "y": 100 * top / height,
        "width": 100 * (right - left) / width,
        "height": 100 * (bottom - top) / height,
        "rotation": 0,
        "text": [text],
    }
    return {"id": "aBcD", "from_name": "transcription", "to_name": "image", "type": "textarea"} | {
        "value": value | more
    }


def event(result: list[object], action: str = "ANNOTATION_CREATED") -> dict[str, object]:
    """The body of a webhook."""
    return {
        "action": action,
        "annotation": {"id": 3, "result": result, "was_cancelled": False},
        "task": {"id": 7, "data": {"ocr": DATA}},
        "project": {"id": 12, "label_config": BOXES},
    }


def test_annotations_become_corrections(client: httpx.Client, folder: Path) -> None:
    answer = client.post("/webhook", json=event([region("305")]))
    assert (answer.status_code, answer.json()) == (201, {"corrections": 3})
    first = Corrections(folder).load().corrections
    assert [each.answer for each in first] == [3, 0, 5]
    assert all(each.confirmed for each in first)

    again = client.post("/webhook", json=event([region("305")], "ANNOTATION_UPDATED"))
    assert again.json() == {"corrections": 0}

    client.post("/webhook", json=event([region("365")], "ANNOTATION_UPDATED"))
    assert sorted(e.answer or 0 for e in Corrections(folder).load().corrections) == [3, 5, 6]


@pytest.mark.parametrize(
    "given",
    [
        event([region("3055")]),
        event([region("305", rotation=20)]),
        event([region("305", x="left")]),
        event([{"type": "choices"}, {"type": "textarea", "value": 7}]),
        event([region("999")], "PROJECT_UPDATED"),
    ],
)
def test_what_cannot_be_told_apart_is_not_kept(
    client: httpx.Client, given: dict[str, object]
) -> None:
    assert client.post("/webhook", json=given).json() == {"corrections": 0}


def test_a_box_without_an_end_is_left_out() -> None:
    sound = region("305")
    given = [region("305", width=math.inf), region("305", height=10**400), sound]
    assert len(list(regions(given))) == 1


def test_nothing_is_fetched_or_kept_unless_asked_for() -> None:
    with running() as service, service.client() as client:
        answer = client.post("/predict", json=asked({"ocr": "/data/upload/1/page.png"})).json()
        assert "--label-studio" in answer["results"][0]["error"]
        assert client.post("/webhook", json=event([region("305")])).json() == {"corrections": 0}
