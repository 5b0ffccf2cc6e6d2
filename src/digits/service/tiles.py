"""POST /api/classify: tiles in, probabilities out."""

from __future__ import annotations

import io
import math
from typing import TypeVar

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from digits.model.spec import TILE
from digits.service.problems import Problem
from digits.service.schemas import TILES, Classes, Tiles, problems
from digits.service.state import Service, Shared
from digits.service.workers import QueueFullError

NPY = "application/x-npy"
DIGITS = 6  # decimals of an answer, as in `digits read --json`
router = APIRouter(tags=["tiles"])


@router.post(
    "/api/classify",
    response_model=Classes,
    responses=problems(408, 413, 422, 429),
    openapi_extra=TILES,
)
async def classify(request: Request, service: Shared) -> JSONResponse:
    """Which digit each tile shows, and whether it shows one: `Classifier.classify`.

    As JSON, or as an array (N, 28, 28) in NumPy's format. Requests that come at once are answered
    by one run of the network.
    """
    async with service.bodies.stream(request) as stream:
        content = await service.bodies.whole(request, stream)
        is_npy = request.headers.get("content-type", "").partition(";")[0].strip() == NPY
        ink = from_npy(content) if is_npy else from_rows(parse(Tiles, content).tiles)
        probabilities, is_digit = await classified(service, ink)
    return JSONResponse({"probabilities": _rounded(probabilities), "is_digit": _rounded(is_digit)})


async def classified(
    service: Service, ink: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities (N, 10) and is_digit (N,) of tiles (N, 28, 28) in [0, 1]. Raises Problem."""
    most = service.settings.limits.tiles
    if len(ink) > most:
        raise Problem(413, "too-many", f"{len(ink)} tiles; expected at most {most} at once")
    if not len(ink):
        return np.zeros((0, 10), np.float32), np.zeros(0, np.float32)
    try:
        return await service.batcher.classify(ink)
    except QueueFullError as error:
        raise service.rejected(error, "tiles") from error


Content = TypeVar("Content", bound=BaseModel)


def parse(kind: type[Content], content: bytes) -> Content:
    """The JSON of a body. Raises Problem 422."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Problem(422, "invalid", f"{where}: {first['msg']}") from error


def from_rows(tiles: list[list[list[float]]]) -> NDArray[np.float32]:
    """(N, 28, 28) in [0, 1], of tiles with values of 0 to 255, or of 0 to 1."""
    return to_unit(np.array(tiles, np.float32).reshape(-1, TILE, TILE))


def to_unit(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values of 0 to 255 as 0 to 1; what has none above 1 is taken to be so already."""
    return ink / np.float32(255) if ink.size and ink.max() > 1 else ink


def to_grey(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values of 0 to 1 as 0 to 255."""
    return np.rint(ink * 255).astype(np.uint8)


def from_npy(content: bytes) -> NDArray[np.float32]:
    """(N, 28, 28) in [0, 1], of an array file. Raises Problem 422."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, by_columns, dtype = read(file)
    except Exception as error:  # NumPy parses the header as Python, which fails in many ways
        raise Problem(422, "invalid", f"not a file of NumPy's format ({error})") from error
    if shape[1:] != (TILE, TILE) or by_columns or dtype not in (np.uint8, np.float32):
        detail = f"an array {shape} of {dtype}; expected (N, 28, 28), uint8 or float32, by rows"
        raise Problem(422, "invalid", detail)
    rest = content[file.tell() :]
    if len(rest) != math.prod(shape) * dtype.itemsize:
        raise Problem(422, "invalid", f"{len(rest)} bytes for an array {shape}; send all of it")
    ink = np.frombuffer(rest, dtype).reshape(shape).astype(np.float32)
    if not (dtype == np.uint8 or not ink.size or (ink.min() >= 0 and ink.max() <= 1)):
        raise Problem(422, "invalid", "values beyond 0 to 1; expected float32 in [0, 1]")
    return ink / np.float32(255) if dtype == np.uint8 else ink


def _rounded(values: NDArray[np.float32]) -> list[object]:
    return values.astype(float).round(DIGITS).tolist()  # type: ignore[no-any-return]
