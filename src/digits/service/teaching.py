"""Corrections and the profile that they teach: /api/corrections, /api/profile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from digits.data.corrections import Correction
from digits.errors import DigitsError
from digits.service.problems import Problem
from digits.service.schemas import (
    CORRECTION,
    CorrectionAnswer,
    CorrectionRequest,
    CorrectionsAnswer,
    ProfileAnswer,
    problems,
)
from digits.service.state import Service, Shared
from digits.service.teacher import Teacher
from digits.service.tiles import from_rows, parse, to_grey

Result = TypeVar("Result")
router = APIRouter(tags=["corrections"])


def _teacher(service: Service) -> Teacher:
    if service.teacher is None:
        detail = "corrections are off; start the service with --corrections DIR to keep them"
        raise Problem(403, "off", detail)
    return service.teacher


async def kept(task: Callable[..., Result], *given: Any) -> Result:
    """Run what waits for the disk in a thread. Raises Problem 507 where the disk fails."""
    try:
        return await asyncio.to_thread(task, *given)
    except DigitsError as error:
        raise Problem(507, "storage", str(error)) from error


@router.get("/api/corrections", response_model=CorrectionsAnswer, responses=problems(507))
async def corrections(service: Shared) -> JSONResponse:
    """All corrections that stand, the oldest first."""
    teacher = service.teacher
    listed = await kept(teacher.listed) if teacher else []
    folder = teacher.folder.resolve().name if teacher else None
    return JSONResponse({"enabled": bool(teacher), "folder": folder, "corrections": listed})


@router.post(
    "/api/corrections",
    status_code=201,
    response_model=CorrectionAnswer,
    responses=problems(403, 408, 409, 413, 422, 429, 507),
    openapi_extra=CORRECTION,
)
async def correct(request: Request, service: Shared) -> JSONResponse:
    """Keep what a digit is; once this is answered with 201, it is on the disk.

    Where most of the nearest corrections say otherwise, the answer is 409 with these `neighbours`,
    unless `force` is true.
    """
    teacher = _teacher(service)
    async with service.bodies.stream(request) as stream:
        asked = parse(CorrectionRequest, await service.bodies.whole(request, stream))
    if asked.confirmed is not None and asked.confirmed != (asked.answer == asked.read):
        raise Problem(409, "confirmed", "confirmed: true says that answer and read are the same")
    tile = to_grey(from_rows([asked.tile])[0])
    if not asked.force and (against := await kept(teacher.contradicting, tile, asked.answer)):
        raise _contradicts(against)
    new = await kept(teacher.add, tile, asked.answer, asked.read, asked.confidence)
    return JSONResponse(new.to_dict(), 201)


def _contradicts(against: list[Correction]) -> Problem:
    answers = ", ".join("no digit" if each.answer is None else str(each.answer) for each in against)
    return Problem(
        409,
        "contradicts",
        f"those most like it were answered with {answers}; is this answer right?",
        neighbours=[each.to_dict() for each in against],
    )


@router.get(
    "/api/corrections.zip",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **problems(403, 507)},
)
async def export(service: Shared) -> Response:
    """All corrections that stand: corrections.jsonl and a PNG for each tile."""
    content = await kept(_teacher(service).exported)
    headers = {"Content-Disposition": 'attachment; filename="corrections.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


@router.delete("/api/corrections/{id}", status_code=204, responses=problems(403, 404, 422, 507))
async def undo(id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")], service: Shared) -> Response:
    """Take one correction back."""
    if not await kept(_teacher(service).corrections.undo, id):
        raise Problem(404, "http", "no such correction, or it was taken back before")
    return Response(status_code=204)


@router.get("/api/profile", response_model=ProfileAnswer, responses=problems(507))
async def profile(service: Shared) -> JSONResponse:
    """What has been taught. `needed`: digits confirmed right that are missing for a test."""
    teacher = service.teacher
    return JSONResponse(await kept(teacher.state) if teacher else {"enabled": False})


@router.post("/api/profile", response_model=ProfileAnswer, responses=problems(403, 507))
async def teach_profile(service: Shared) -> JSONResponse:
    """Make a profile of all corrections; it is used only if a test on these digits says so."""
    teacher = _teacher(service)
    await kept(teacher.teach)
    return JSONResponse(await kept(teacher.state))


@router.delete("/api/profile", response_model=ProfileAnswer, responses=problems(403, 507))
async def forget_profile(service: Shared) -> JSONResponse:
    """Read as the shipped model does again. Corrections stay."""
    teacher = _teacher(service)
    await kept(teacher.forget)
    return JSONResponse(await kept(teacher.state))
