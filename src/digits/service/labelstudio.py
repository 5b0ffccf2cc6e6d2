"""The backend of Label Studio: forms that people have there are read before they look at them, and
what they correct becomes corrections here.

Label Studio asks /setup once, /predict for tasks, and tells annotations to /webhook. A picture
comes within its task as a data URI, or is fetched from the one Label Studio that the service was
started for; no other address is ever asked.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from digits.service.jobs import Job
from digits.service.labelconfig import (
    Box,
    LabelConfig,
    number_result,
    parse_config,
    regions,
    transcript,
)
from digits.service.problems import Problem
from digits.service.state import Service, Shared
from digits.service.teacher import Teacher
from digits.service.teaching import kept
from digits.service.tiles import parse

ANNOTATED = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED")
router = APIRouter(include_in_schema=False)


class _Task(BaseModel):
    id: int | str | None = None
    data: dict[str, Any]


class _Predict(BaseModel):
    tasks: list[_Task]
    label_config: str


class _Project(BaseModel):
    label_config: str = ""


class _Annotation(BaseModel):
    result: list[dict[str, Any]] = []


class _Event(BaseModel):
    action: str
    task: _Task | None = None
    annotation: _Annotation | None = None
    project: _Project = _Project()


@router.get("/health")
async def health() -> dict[str, str]:
    """Whether the service runs."""
    return {"status": "UP", "model_class": "digits"}


@router.post("/setup")
async def setup(service: Shared) -> dict[str, str]:
    """The version of the model. What Label Studio tells of itself is not used."""
    return {"model_version": service.fingerprint}


@router.api_route("/versions", methods=["GET", "POST"])
async def versions(service: Shared) -> dict[str, list[str]]:
    """The versions there are: one."""
    return {"versions": [service.fingerprint]}


@router.post("/predict")
async def predict(request: Request, service: Shared) -> dict[str, Any]:
    """Read the picture of each task."""
    service.check_room()
    async with service.bodies.stream(request) as stream:
        asked = parse(_Predict, await service.bodies.whole(request, stream))
        most = service.settings.limits.pictures
        if len(asked.tasks) > most:
            raise Problem(413, "too-many", f"expected at most {most} tasks at once")
        config = parse_config(asked.label_config)
        results = [await _predicted(service, task, config) for task in asked.tasks]
    return {"results": results, "model_version": service.fingerprint}


async def _predicted(service: Service, task: _Task, config: LabelConfig) -> dict[str, Any]:
    """The prediction for one task; empty, with the reason, where its picture cannot be read."""
    empty = {"result": [], "score": 0.0, "model_version": service.fingerprint}
    try:
        content = await service.pictures.fetch(task.data.get(config.field))
    except ValueError as error:
        return empty | {"error": str(error)}
    reading = await service.read(Job(content, f"task {task.id}", service.settings.limits.pixels))
    if "error" in reading:
        return empty | {"error": reading["error"]}
    numbers = reading["numbers"]
    result = [each for k, n in enumerate(numbers) for each in number_result(config, reading, n, k)]
    if not config.regions:
        result = [transcript(config, reading)]
    return empty | {"result": result, "score": min((n["confidence"] for n in numbers), default=0.0)}


@router.post("/webhook", status_code=201)
async def webhook(request: Request, service: Shared) -> JSONResponse:
    """Keep what people wrote on the boxes of an annotation, where corrections are kept at all."""
    async with service.bodies.stream(request) as stream:
        event = parse(_Event, await service.bodies.whole(request, stream))
        count = await _learned(service, event) if event.action in ANNOTATED else 0
    return JSONResponse({"corrections": count}, 201)


async def _learned(service: Service, event: _Event) -> int:
    """Keep what an annotation says; how many corrections that made."""
    if service.teacher is None:
        return 0
    if event.task is None or event.annotation is None:
        raise Problem(422, "invalid", "an annotation without its task; let the webhook send both")
    try:
        content = await service.pictures.fetch(_picture_of(event, event.task))
    except ValueError as error:
        raise Problem(422, "unreadable", str(error)) from error
    found = regions(event.annotation.result)
    return sum([await _keep(service, service.teacher, content, *each) for each in found])


def _picture_of(event: _Event, task: _Task) -> Any:
    """The field of a task that holds its picture: the configuration's, or its only one."""
    if event.project.label_config:
        return task.data.get(parse_config(event.project.label_config).field)
    return next(iter(task.data.values()), None) if len(task.data) == 1 else task.data.get("image")


async def _keep(service: Service, teacher: Teacher, content: bytes, box: Box, text: str) -> int:
    """Keep what the digits in a box are; how many were kept.

    Only where as many digits are read there as are written in the text, so that each is known.
    """
    answers = [int(each) for each in re.findall("[0-9]", text)]
    pixels = service.settings.limits.pixels
    job = Job(content, "annotation", pixels, number=True, tiles=True, box=box)
    reading = await service.read(job)
    digits = [digit for n in reading.get("numbers", ()) for digit in n["digits"]]
    if len(digits) != len(answers):
        return 0
    count = 0
    for digit, answer in zip(digits, answers, strict=True):
        tile = np.array(digit["tile"], np.uint8)
        count += await kept(teacher.replace, tile, answer, digit["digit"], digit["confidence"])
    return count
