"""POST /api/layers and /api/classify, over real connections."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pictures
import pytest
from serving import Running, running

from digits import Classifier


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running() as service:
        yield service


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


TILES = np.stack([pictures.digit_ink(str(k), height=28, width=28) for k in range(10)])


def npy(array: np.ndarray) -> bytes:  # type: ignore[type-arg]
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_a_cell_can_be_worked_out_from_the_answer(client: httpx.Client) -> None:
    tile = TILES[4].tolist()
    seen = client.post("/api/layers", json={"tile": tile}).json()
    names = [layer["name"] for layer in seen["layers"]]
    assert names[0] == "tiles"
    assert names[-1] == "logits"
    assert np.argmax(seen["probabilities"]) == np.argmax(seen["layers"][-1]["maps"])
    assert np.shape(seen["heatmap"]) == (28, 28)

    name = next(each for each in names if each.startswith("convolution"))
    asked = {"tile": tile, "layer": name, "map": 1}
    layers = {
        each["name"]: each for each in client.post("/api/layers", json=asked).json()["layers"]
    }
    kernel = layers[name]["kernel"]
    weights = np.array(kernel["weights"])
    source = np.array(layers[kernel["source"]]["maps"])[kernel["first"] :][: len(weights)]
    top, left = kernel["padding"]
    padded = np.pad(source, [(0, 0), (top, 3), (left, 3)])
    height, width = weights.shape[1:]
    cells = np.array(layers[name]["maps"][1])
    row, column = np.unravel_index(cells.argmax(), cells.shape)
    y, x = row * kernel["strides"][0], column * kernel["strides"][1]
    total = (padded[:, y : y + height, x : x + width] * weights).sum() + kernel["bias"]
    assert total == pytest.approx(cells[row, column], abs=0.1)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"layer": "convolution 99", "map": 0}, 404),
        ({"layer": "convolution 1", "map": 999}, 404),
        ({"map": -1}, 422),
        ({"tile": 3}, 422),
    ],
)
def test_wrong_layers_are_refused(
    client: httpx.Client, more: dict[str, object], status: int
) -> None:
    given = {"tile": TILES[0].tolist()} | more

    assert client.post("/api/layers", json=given).status_code == status


@pytest.mark.parametrize("form", ["levels", "fractions", "uint8", "float32"])
def test_tiles_are_classified_as_in_python(client: httpx.Client, form: str) -> None:
    headers = {"Content-Type": "application/x-npy"}
    fractions = TILES.astype(np.float32) / np.float32(255)
    answer = {
        "levels": lambda: client.post("/api/classify", json={"tiles": TILES.tolist()}),
        "fractions": lambda: client.post("/api/classify", json={"tiles": fractions.tolist()}),
        "uint8": lambda: client.post("/api/classify", content=npy(TILES), headers=headers),
        "float32": lambda: client.post("/api/classify", content=npy(fractions), headers=headers),
    }[form]().json()

    probabilities, is_digit = Classifier().classify(TILES)
    assert np.allclose(answer["probabilities"], probabilities, atol=1e-5)
    assert np.allclose(answer["is_digit"], is_digit, atol=1e-5)


def test_requests_that_come_at_once_get_their_own_answers(
    service: Running, client: httpx.Client
) -> None:
    def classify(digit: int) -> list[float]:
        with service.client() as own:
            given = {"tiles": [TILES[digit].tolist()]}
            answer: list[float] = own.post("/api/classify", json=given).json()["probabilities"][0]
            return answer

    digits = [k % 10 for k in range(60)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(classify, digits))

    expected = Classifier().probabilities(TILES)[digits]
    assert np.allclose(answers, expected, atol=1e-5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        npy(np.zeros((2, 28, 27), np.uint8)),
        npy(np.zeros((2, 28, 28), np.int64)),
        npy(np.full((1, 28, 28), 2, np.float32)),
        npy(np.full((1, 28, 28), np.nan, np.float32)),
        npy(TILES)[:-1],
        npy(np.zeros((0, 28, 28), np.uint8)).replace(b"(0,", b"(9" + b"9" * 15 + b",")[:128],
        npy(np.array([{}], object)),
    ],
)
def test_arrays_that_are_no_tiles_are_refused(client: httpx.Client, content: bytes) -> None:
    headers = {"Content-Type": "application/x-npy"}

    answer = client.post("/api/classify", content=content, headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_many_tiles_are_refused(client: httpx.Client) -> None:
    content = npy(np.zeros((1025, 28, 28), np.uint8))

    answer = client.post(
        "/api/classify", content=content, headers={"Content-Type": "application/x-npy"}
    )

    assert answer.status_code == 413
