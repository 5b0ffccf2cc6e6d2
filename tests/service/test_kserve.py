"""KServe's protocol, version 2, by Triton's own client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import numpy as np
import pictures
import pytest
import tritonclient.http as triton
from serving import SECONDS, Running, running
from tritonclient.utils import InferenceServerException

from digits import Classifier

TILES = np.stack([pictures.digit_ink(str(k), height=28, width=28) for k in range(10)])
PICTURE = pictures.png(pictures.page("305").pixels)


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as service:
        yield service


@pytest.fixture(scope="module")
def client(service: Running) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(
        urlsplit(service.url).netloc, connection_timeout=SECONDS, network_timeout=SECONDS
    )
    yield client
    client.close()


def test_it_is_alive_ready_and_described(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("default")
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["name"] == "digits"
    [tiles] = client.get_model_metadata("default")["inputs"]
    assert tiles == {"name": "tiles", "datatype": "FP32", "shape": [-1, 28, 28]}


@pytest.mark.parametrize("is_binary", [True, False])
@pytest.mark.parametrize("datatype", ["UINT8", "FP32"])
def test_tiles_are_classified(
    client: triton.InferenceServerClient, datatype: str, is_binary: bool
) -> None:
    tiles = TILES if datatype == "UINT8" else TILES.astype(np.float32) / np.float32(255)
    given = triton.InferInput("tiles", list(tiles.shape), datatype)
    given.set_data_from_numpy(tiles, binary_data=is_binary)
    outputs = [
        triton.InferRequestedOutput(name, binary_data=is_binary)
        for name in ("probabilities", "is_digit")
    ]

    answer = client.infer("default", [given], outputs=outputs, request_id="seven")

    probabilities, is_digit = Classifier().classify(tiles)
    assert answer.get_response()["id"] == "seven"
    assert np.allclose(answer.as_numpy("probabilities"), probabilities, atol=1e-6)
    assert np.allclose(answer.as_numpy("is_digit"), is_digit, atol=1e-6)


def test_pictures_are_read(client: triton.InferenceServerClient) -> None:
    pictures_given = np.array([PICTURE, b"no picture"], object)
    given = triton.InferInput("pictures", [2], "BYTES")
    given.set_data_from_numpy(pictures_given)

    readings = client.infer("reader", [given]).as_numpy("readings")

    assert json.loads(readings[0])["text"] == "305"
    assert "not an image" in json.loads(readings[1])["error"]


def test_pictures_in_json_are_base64(service: Running) -> None:
    data = [base64.b64encode(PICTURE).decode()]
    given = {"name": "pictures", "shape": [1], "datatype": "BYTES", "data": data}

    answer = httpx.post(
        f"{service.url}/v2/models/reader/infer", json={"inputs": [given]}, timeout=SECONDS
    )

    [output] = answer.json()["outputs"]
    assert json.loads(output["data"][0])["text"] == "305"


@pytest.mark.parametrize(
    ("shape", "datatype", "data"),
    [
        ([1, 28, 28], "FP32", [0.5] * 783),
        ([1, 28, 27], "FP32", [0.5] * 756),
        ([1, 28, 28], "FP32", [2.0] * 784),
        ([1, 28, 28], "FP32", ["x"] * 784),
        ([1, 28, 28], "INT99", [0] * 784),
        ([1], "BYTES", ["no base64"]),
        ([1], "BYTES", [7]),
    ],
)
def test_wrong_tensors_are_refused(
    client: triton.InferenceServerClient,
    service: Running,
    shape: list[int],
    datatype: str,
    data: list[object],
) -> None:
    given = {"name": "tiles", "shape": shape, "datatype": datatype, "data": data}

    answer = httpx.post(
        f"{service.url}/v2/models/default/infer", json={"inputs": [given]}, timeout=SECONDS
    )

    assert answer.status_code == 422
    assert answer.json()["error"]
    assert client.is_server_live()


def test_unknown_models_and_outputs_are_told_by_the_client(
    client: triton.InferenceServerClient,
) -> None:
    given = triton.InferInput("tiles", [10, 28, 28], "UINT8")
    given.set_data_from_numpy(TILES)

    with pytest.raises(InferenceServerException, match="no model of that name"):
        client.infer("other", [given])
    with pytest.raises(InferenceServerException, match="no output"):
        client.infer("default", [given], outputs=[triton.InferRequestedOutput("logits")])
