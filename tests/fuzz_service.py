"""Bodies of requests for fuzzing.py: their decoders alone, and whole, through a running service."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import numpy as np
import pictures
from service.serving import started

from digits.service import kserve, tiles
from digits.service.labelconfig import parse_config
from digits.service.problems import MEDIA_TYPE, Problem
from digits.service.settings import Settings

Decode = Callable[[bytes], object]
Samples = Callable[[], Sequence[bytes]]

JSON = "application/json"
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="box" toName="image"><Label value="Number"/></RectangleLabels>
<TextArea name="text" toName="image" perRegion="true"/></View>"""
TILE = [[0] * 28] * 28


SERVICE = contextlib.ExitStack()  # to be closed: no process ends before its threads
_FOLDERS = tempfile.TemporaryDirectory(prefix="fuzz-")  # removed when this process ends


def new_folder() -> Path:
    """An empty folder."""
    return Path(tempfile.mkdtemp(dir=_FOLDERS.name))


@functools.cache
def _client() -> httpx.Client:
    """A client of a service in a thread, until SERVICE is closed."""
    settings = Settings(corrections=new_folder(), workers=1)
    return SERVICE.enter_context(SERVICE.enter_context(started(settings)).client())


def _posted(path: str, kind: str, headers: dict[str, str]) -> Decode:
    """Ask the service; Problem where it refuses, RuntimeError where it has a defect."""

    def post(content: bytes) -> object:
        answer = _client().post(path, content=content, headers={"Content-Type": kind} | headers)
        if answer.status_code >= 500:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
        if answer.status_code < 400:
            return answer.content
        assert answer.headers["Content-Type"] == MEDIA_TYPE
        problem = answer.json()
        assert "\n" not in problem["detail"], problem
        raise Problem(problem["status"], problem["type"], problem["detail"])

    return post


def _page() -> bytes:
    return pictures.png(pictures.page("305", height=24).pixels)


def _pictures() -> list[bytes]:
    """Not PNG alone, whose checksums let no mutation through."""
    pixels = pictures.page("305", height=24).pixels
    plain = [pictures.encode(ending, pixels) for ending in (".png", ".jpg", ".bmp")]
    return [*plain, pictures.tiff_of_pages([pixels, pixels[:, ::-1]])]


def _npy() -> list[bytes]:
    file = io.BytesIO()
    np.save(file, np.zeros((2, 28, 28), np.uint8))
    return [file.getvalue()]


def _json(content: object) -> Samples:
    return lambda: [json.dumps(content).encode()]


def _tensor(name: str, shape: list[int], kind: str, **more: object) -> dict[str, object]:
    return {"id": "7", "inputs": [{"name": name, "shape": shape, "datatype": kind} | more]}


def _inference() -> list[bytes]:
    asked = _tensor("tiles", [1, 28, 28], "FP32", data=[0.5] * 784)
    return [json.dumps(asked | {"outputs": [{"name": "probabilities"}]}).encode()]


# JSON, and behind it two byte strings after their lengths
HEAD = json.dumps(_tensor("pictures", [2], "BYTES")).encode()


def _binary() -> list[bytes]:
    content = _page()
    return [HEAD + b"".join(len(each).to_bytes(4, "little") + each for each in (content, b"none"))]


def _infer(content: bytes) -> object:
    asked, rest = kserve._parts(content, None)
    return [kserve._tensor(given, rest) for given in asked.inputs]


def _form() -> list[bytes]:
    head = 'Content-Disposition: form-data; name="picture"; filename="ä.png"\r\n\r\n'.encode()
    parts = b"".join(b"--fuzz\r\n" + head + each + b"\r\n" for each in (_page(), b"none"))
    return [parts + b"--fuzz--\r\n"]


def _task() -> dict[str, object]:
    uri = "data:image/png;base64," + base64.b64encode(_page()).decode()
    return {"id": 1, "data": {"image": uri}}


def _predict() -> list[bytes]:
    return [json.dumps({"tasks": [_task()], "label_config": CONFIG}).encode()]


def _event() -> list[bytes]:
    box = {"x": 5.0, "y": 5.0, "width": 90.0, "height": 90.0, "rotation": 0, "text": ["305"]}
    annotation = {"result": [{"type": "textarea", "value": box}]}
    asked = {"action": "ANNOTATION_CREATED", "task": _task(), "annotation": annotation}
    return [json.dumps(asked | {"project": {"label_config": CONFIG}}).encode()]


# (address, type of the body, samples), and the headers that one of them has besides
INFER = "/v2/models/{}/infer"
REQUESTS: dict[str, tuple[str, str, Samples]] = {
    "POST read": ("/api/read?tiles=true", "application/octet-stream", _pictures),
    "POST read, a form": ("/api/read", "multipart/form-data; boundary=fuzz", _form),
    "POST classify": ("/api/classify", JSON, _json({"tiles": [TILE]})),
    "POST classify, npy": ("/api/classify", tiles.NPY, _npy),
    "POST layers": ("/api/layers", JSON, _json({"tile": TILE, "layer": None, "map": 0})),
    "POST corrections": (
        "/api/corrections",
        JSON,
        _json({"tile": TILE, "read": 1, "answer": 1, "confirmed": True}),
    ),
    "POST infer": (INFER.format(kserve.DEFAULT), JSON, _inference),
    "POST infer, bytes": (INFER.format(kserve.READER), "application/octet-stream", _binary),
    "POST predict": ("/predict", JSON, _predict),
    "POST webhook": ("/webhook", JSON, _event),
}
HEADERS = {"POST infer, bytes": {kserve.JSON_LENGTH: str(len(HEAD))}}


def _once_ready(samples: Samples) -> Sequence[bytes]:
    """Samples, when the service has started: that is no part of a case."""
    _client()
    return samples()


def bodies() -> dict[str, tuple[Decode, Samples]]:
    """By name: what decodes a body, and its samples."""
    alone: dict[str, tuple[Decode, Samples]] = {
        "API: npy": (tiles.from_npy, _npy),
        "API: tiles": (functools.partial(tiles.parse, tiles.Tiles), _json({"tiles": [TILE]})),
        "API: infer": (_infer, _inference),
        "API: label config": (
            lambda content: parse_config(content.decode(errors="replace")),
            lambda: [CONFIG.encode()],
        ),
    }
    return alone | {
        name: (_posted(path, kind, HEADERS.get(name, {})), functools.partial(_once_ready, samples))
        for name, (path, kind, samples) in REQUESTS.items()
    }
