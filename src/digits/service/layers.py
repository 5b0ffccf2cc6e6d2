"""POST /api/layers: what each layer of the classifier makes of a tile."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from numpy.typing import NDArray

from digits.model.layers import Kernel, Layer
from digits.service.problems import Problem
from digits.service.schemas import LAYERS, LayersAnswer, LayersRequest, problems
from digits.service.state import Service, Shared
from digits.service.tiles import classified, from_rows, parse

DECIMALS = 3
router = APIRouter(tags=["tiles"])


@router.post(
    "/api/layers",
    response_model=LayersAnswer,
    responses=problems(404, 408, 413, 422, 429),
    openapi_extra=LAYERS,
)
async def layers(request: Request, service: Shared) -> JSONResponse:
    """The maps of every layer, the probabilities, and which ink spoke for the answer.

    With `layer` and `map`, that layer has the kernel of that map too: its weights for each map of
    the layer `source`, with which a cell's sum can be worked out.
    """
    async with service.bodies.stream(request) as stream:
        asked = parse(LayersRequest, await service.bodies.whole(request, stream))
    ink = from_rows([asked.tile])
    probabilities, is_digit = await classified(service, ink)
    known = {
        "probabilities": _rounded(probabilities[0], 6),
        "is_digit": round(float(is_digit[0]), 6),
    }
    return await asyncio.to_thread(_answer, service, asked, ink[0], known)


def _answer(
    service: Service, asked: LayersRequest, tile: NDArray[np.float32], known: dict[str, Any]
) -> JSONResponse:
    """In a thread: 300 kB of JSON would keep other clients waiting."""
    found = service.layers.of(tile)
    if asked.layer is not None and asked.layer not in [each.name for each in found]:
        raise Problem(404, "layer", f"no layer {asked.layer!r}")
    heatmap = service.classifier.explain(tile).evidence
    layers = [_plain(each, asked) for each in found]
    return JSONResponse(known | {"layers": layers, "heatmap": _rounded(heatmap)})


def _plain(layer: Layer, asked: LayersRequest) -> dict[str, Any]:
    plain = {"name": layer.name, "maps": _rounded(layer.maps)}
    if asked.layer != layer.name or asked.map is None or layer.kernel is None:
        return plain
    if asked.map >= len(layer.maps):
        raise Problem(404, "layer", f"no map {asked.map}; {layer.name} has {len(layer.maps)}")
    return plain | {"kernel": _kernel(layer.kernel, asked.map)}


def _kernel(kernel: Kernel, channel: int) -> dict[str, Any]:
    """The weights of one map. first: number of the source's map that they begin with."""
    weights = kernel.weights[channel]
    return {
        "weights": _rounded(weights, 6),
        "bias": round(float(kernel.bias[channel]), 6),
        "source": kernel.source,
        "first": channel // (len(kernel.weights) // kernel.groups) * len(weights),
        "strides": list(kernel.strides),
        "padding": list(kernel.padding),
    }


def _rounded(values: NDArray[Any], decimals: int = DECIMALS) -> Any:
    return values.astype(float).round(decimals).tolist()
