"""The engine's image operations give the very pixels that OpenCV gives."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from service.engine.browser import Engine
from service.engine.drawings import several_digits

Pixels = NDArray[Any]
RUN = """async ([module, name, picture, rest]) => {
  const operation = (await import(`/page/engine/pixels/${module}.js`))[name];
  const { data, ...shape } = picture;
  const levels = picture.isFloat ? new Float32Array(bytes(data).buffer) : bytes(data);
  const made = operation({ ...shape, data: levels }, ...rest);
  return { shape: [made.height, made.width], data: Array.from(made.data) };
}"""
SQUARE = np.ones((5, 5), np.uint8)
TURN = np.array([[0.4, 0.02, 3.3], [-0.02, 0.4, 8.1]])


def _warped(picture: Pixels, scale: float, method: int) -> Pixels:
    border = cv2.BORDER_REPLICATE
    return cv2.warpAffine(picture, scale * TURN, (150, 48), flags=method, borderMode=border)


AREA, CUBIC, LINEAR = cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LINEAR
SMALL = ((56, 29), (70, 36), (47, 24), (20, 20))
CASES: list[tuple[str, str, list[Any], Callable[[Pixels], Pixels]]] = [
    *(
        (
            "resize",
            "resizeArea",
            list(size),
            lambda p, size=size: cv2.resize(p, size, None, 0, 0, AREA),
        )
        for size in SMALL
    ),
    ("resize", "resizeLinear", [200, 150], lambda p: cv2.resize(p, (200, 150))),
    ("resize", "resizeCubic", [280, 144], lambda p: cv2.resize(p, (280, 144), None, 0, 0, CUBIC)),
    ("filters", "medianBlur", [3], lambda p: cv2.medianBlur(p, 3)),
    ("filters", "medianBlur", [31], lambda p: cv2.medianBlur(p, 31)),
    ("filters", "dilate", [5], lambda p: cv2.dilate(p, SQUARE)),
    ("filters", "erode", [5], lambda p: cv2.erode(p, SQUARE)),
    ("warp", "warpBytes", [TURN.ravel().tolist(), 150, 48, False], lambda p: _warped(p, 1, LINEAR)),
    (
        "warp",
        "warpBytes",
        [(4 * TURN).ravel().tolist(), 150, 48, True],
        lambda p: _warped(p, 4, CUBIC),
    ),
]


@pytest.fixture(scope="module")
def pictures() -> list[Pixels]:
    """Grey drawings, and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (72, 140), np.uint8)
    drawn = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels, _ in several_digits(3)]
    return [noise, *(cv2.resize(each, (140, 72), None, 0, 0, AREA) for each in drawn)]


@pytest.mark.parametrize(("module", "name", "rest", "operation"), CASES)
def test_gives_the_pixels_of_opencv(
    engine: Engine,
    pictures: list[Pixels],
    module: str,
    name: str,
    rest: list[Any],
    operation: Callable[[Pixels], Pixels],
) -> None:
    for picture in pictures:
        expected = operation(picture)
        found = run(engine, module, name, picture, rest)
        assert found.shape == expected.shape
        off = np.abs(found - expected)
        assert off.max() <= 1
        assert (off > 0).mean() <= 0.002


def test_finds_the_components_of_opencv(engine: Engine, pictures: list[Pixels]) -> None:
    for picture in pictures:
        mask = (picture > 128).astype(np.uint8)
        labels = engine.page.evaluate(
            """async ([picture]) => {
              const { connectedComponents } = await import("/page/engine/pixels/components.js");
              const found = connectedComponents({ ...picture, data: bytes(picture.data) });
              return { labels: Array.from(found.labels), boxes: found.boxes };
            }""",
            [described(mask)],
        )
        _, expected, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        assert labels["labels"] == expected.ravel().tolist()
        assert labels["boxes"] == stats[:, :4].tolist()


def run(engine: Engine, module: str, name: str, picture: Pixels, rest: list[Any]) -> Pixels:
    found = engine.page.evaluate(RUN, [module, name, described(picture), rest])
    return np.array(found["data"], float).reshape(found["shape"])


def described(picture: Pixels) -> dict[str, Any]:
    """A grey picture as the engine has it, its levels as text."""
    height, width = picture.shape
    content = base64.b64encode(np.ascontiguousarray(picture).tobytes()).decode()
    is_float = picture.dtype == np.float32
    return {"width": width, "height": height, "channels": 1, "data": content, "isFloat": is_float}
