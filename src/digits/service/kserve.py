"""KServe's Open Inference Protocol, version 2, over REST: the service for clients of Triton and its
like.

Two models: `default`, tiles → probabilities, and `reader`, picture files → JSON. Tensors may be
part of the JSON or follow it as bytes (Triton's binary extension).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from digits.model.spec import CLASSES, TILE
from digits.service.jobs import Job
from digits.service.problems import Problem
from digits.service.state import Service, Shared
from digits.service.tiles import classified, parse
from digits.version import __version__

JSON_LENGTH = "Inference-Header-Content-Length"  # of the JSON part, where bytes follow it
DTYPES: dict[str, np.dtype[Any]] = {"UINT8": np.dtype("u1"), "FP32": np.dtype("<f4")}
BYTES = "BYTES"
READER, DEFAULT = "reader", "default"
VERSION = "1"
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Tensor:
    """A named array: numbers of a data type of the protocol, or a list of byte strings."""

    name: str
    shape: list[int]
    datatype: str
    values: NDArray[Any] | list[bytes]


def _described(name: str, shape: list[int], datatype: str) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype}


MODELS = {
    DEFAULT: {
        "inputs": [_described("tiles", [-1, TILE, TILE], "FP32")],
        "outputs": [
            _described("probabilities", [-1, CLASSES], "FP32"),
            _described("is_digit", [-1], "FP32"),
        ],
    },
    READER: {
        "inputs": [_described("pictures", [-1], BYTES)],
        "outputs": [_described("readings", [-1], BYTES)],
    },
}


class _Asked(BaseModel):
    """An output that is asked for."""

    name: str
    parameters: dict[str, Any] = {}


class _Given(BaseModel):
    """An input."""

    name: str
    shape: list[Annotated[int, Field(ge=0)]]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class _Inference(BaseModel):
    id: str | None = None
    inputs: Annotated[list[_Given], Field(min_length=1, max_length=1)]
    outputs: list[_Asked] = []
    parameters: dict[str, Any] = {}


@router.get("/v2")
async def server() -> dict[str, Any]:
    """Name, version and extensions."""
    return {"name": "digits", "version": __version__, "extensions": ["binary_tensor_data"]}


@router.get("/v2/health/live")
async def live() -> dict[str, bool]:
    """Whether the service runs."""
    return {"live": True}


@router.get("/v2/health/ready")
async def ready(service: Shared) -> JSONResponse:
    """Whether the networks are open."""
    is_ready = service.pool.is_ready
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


@router.get("/v2/models/{name}")
async def model(name: str) -> dict[str, Any]:
    """Inputs and outputs of a model."""
    known = _known(name)
    return {"name": name, "versions": [VERSION], "platform": "onnxruntime_onnx"} | known


@router.get("/v2/models/{name}/ready")
async def model_ready(name: str, service: Shared) -> JSONResponse:
    """Whether a model can be asked."""
    _known(name)
    is_ready = service.pool.is_ready
    return JSONResponse({"name": name, "ready": is_ready}, 200 if is_ready else 503)


@router.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request, service: Shared) -> Response:
    """Run a model."""
    _known(name)
    service.check_room()
    async with service.bodies.stream(request) as stream:
        content = await service.bodies.whole(request, stream)
        asked, rest = _parts(content, request.headers.get(JSON_LENGTH))
        given = _tensor(asked.inputs[0], rest)
        answer = await (_read if name == READER else _classify)(service, given)
    return _response(name, asked, answer)


def _known(name: str) -> dict[str, Any]:
    if name not in MODELS:
        raise Problem(404, "http", f"no model of that name; expected {' or '.join(MODELS)}")
    return MODELS[name]


async def _classify(service: Service, given: Tensor) -> list[Tensor]:
    if isinstance(given.values, list) or given.shape[1:] != [TILE, TILE]:
        raise _invalid(f"tiles of shape {given.shape}, {given.datatype}; expected [-1, 28, 28]")
    ink = given.values.reshape(given.shape).astype(np.float32)
    scale = 255 if given.datatype == "UINT8" else 1
    if ink.size and not (ink.min() >= 0 and ink.max() <= scale):
        raise _invalid("tiles beyond 0 to 1; expected FP32 in [0, 1], or UINT8")
    probabilities, is_digit = await classified(service, ink / np.float32(scale))
    return [
        Tensor("probabilities", list(probabilities.shape), "FP32", probabilities),
        Tensor("is_digit", list(is_digit.shape), "FP32", is_digit),
    ]


async def _read(service: Service, given: Tensor) -> list[Tensor]:
    limits = service.settings.limits
    if not isinstance(given.values, list):
        raise _invalid(f"pictures of {given.datatype}; expected BYTES, in JSON as base64")
    if len(given.values) > limits.pictures:
        raise Problem(413, "too-many", f"expected at most {limits.pictures} pictures at once")
    jobs = [Job(each, f"{k}", limits.pixels) for k, each in enumerate(given.values)]
    readings = [json.dumps(await service.read(job)).encode() for job in jobs]
    return [Tensor("readings", [len(readings)], BYTES, readings)]


def _parts(content: bytes, length: str | None) -> tuple[_Inference, bytes]:
    """The JSON of a body, and the bytes behind it."""
    if length is None:
        return parse(_Inference, content), b""
    if not (length.isascii() and length.isdecimal() and int(length) <= len(content)):
        raise _invalid(f"{JSON_LENGTH} is {length[:20]!r}; expected a number within the body")
    return parse(_Inference, content[: int(length)]), content[int(length) :]


def _tensor(given: _Given, rest: bytes) -> Tensor:
    """An input from the JSON, or from the bytes behind it. Raises Problem 422."""
    count = math.prod(given.shape)
    values: NDArray[Any] | list[bytes]
    try:
        if given.datatype == BYTES:
            values = _byte_strings(rest) if given.data is None else _from_base64(given.data)
        elif given.data is None:
            values = np.frombuffer(rest, DTYPES[given.datatype])
        else:
            values = _numbers(given.data, DTYPES[given.datatype])
    except (KeyError, ValueError, TypeError, binascii.Error) as error:
        raise _invalid(f"input {given.name!r} is no {given.datatype} ({error})") from error
    if len(values) != count:
        raise _invalid(f"input {given.name!r} has {len(values)} values; its shape {given.shape}")
    return Tensor(given.name, given.shape, given.datatype, values)


def _numbers(data: list[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The numbers of nested lists, in order. Raises ValueError for what is none or beyond dtype."""
    flat = np.array(data).ravel()
    if flat.dtype.kind not in "iuf":
        raise ValueError("expected numbers")
    if dtype.kind == "u" and not (flat.dtype.kind == "i" and flat.min() >= 0 and flat.max() < 256):
        raise ValueError("expected whole numbers from 0 to 255")
    return flat.astype(dtype)


def _byte_strings(content: bytes) -> list[bytes]:
    """Byte strings, each behind its length in four bytes, the lowest first."""
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "little")
        found.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(content):
        raise ValueError("a byte string is cut off")
    return found


def _from_base64(data: list[Any]) -> list[bytes]:
    return [base64.b64decode(each, validate=True) for each in data]


def _response(name: str, asked: _Inference, outputs: list[Tensor]) -> Response:
    """The outputs that were asked for, each in JSON or behind it."""
    wanted = {each.name: each.parameters for each in asked.outputs} or {
        each.name: {} for each in outputs
    }
    if unknown := set(wanted) - {each.name for each in outputs}:
        raise _invalid(f"no output {sorted(unknown)[0]!r}")
    default = asked.parameters.get("binary_data_output", False)
    described, rest = [], []
    for each in outputs:
        if each.name not in wanted:
            continue
        plain = _described(each.name, each.shape, each.datatype)
        if wanted[each.name].get("binary_data", default):
            rest.append(_packed(each))
            described.append(plain | {"parameters": {"binary_data_size": len(rest[-1])}})
        else:
            described.append(plain | {"data": _plain(each)})
    content = {"model_name": name, "model_version": VERSION, "outputs": described}
    if asked.id is not None:
        content["id"] = asked.id
    if not rest:
        return JSONResponse(content)
    head = json.dumps(content).encode()
    headers = {JSON_LENGTH: str(len(head))}
    return Response(b"".join([head, *rest]), headers=headers, media_type="application/octet-stream")


def _packed(tensor: Tensor) -> bytes:
    if isinstance(tensor.values, list):
        return b"".join(len(each).to_bytes(4, "little") + each for each in tensor.values)
    packed: bytes = tensor.values.astype(DTYPES[tensor.datatype]).tobytes()
    return packed


def _plain(tensor: Tensor) -> list[Any]:
    if isinstance(tensor.values, list):
        return [each.decode() for each in tensor.values]  # JSON, which is text
    flat: list[Any] = tensor.values.ravel().tolist()
    return flat


def _invalid(detail: str) -> Problem:
    return Problem(422, "invalid", detail)
