"""What is served, and how the service is."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from digits.model.bundle import shipped_bundles
from digits.service.problems import Problem
from digits.service.schemas import Health, Models, problems
from digits.service.state import Shared
from digits.version import __version__

router = APIRouter(tags=["about"])


@router.get("/api/models", response_model=Models)
async def models(service: Shared) -> JSONResponse:
    """The model that reads, its networks, and the names of those that come with the package."""
    bundle = service.bundle
    networks = {
        kind: {"name": model.name, "sha256": model.card["sha256"]}
        for kind, model in bundle.models.items()
    }
    return JSONResponse(
        {
            "model": bundle.name,
            "fingerprint": service.fingerprint,
            "version": __version__,
            "networks": networks,
            "shipped": shipped_bundles(),
        }
    )


@router.get("/healthz", response_model=Health)
async def live() -> JSONResponse:
    """Whether the service runs."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", response_model=Health, responses=problems(503))
async def ready(service: Shared) -> JSONResponse:
    """Whether the workers have opened their networks; pictures that come before that wait."""
    if not service.pool.is_ready:
        raise Problem(503, "starting", "the networks are being opened", {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: Shared) -> Response:
    """Figures for Prometheus: queue length, rejections, durations, batches, memory."""
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
