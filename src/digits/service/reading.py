"""POST /api/read: pictures in, numbers out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from digits.service.jobs import Job
from digits.service.problems import Problem
from digits.service.schemas import PICTURES, Readings, problems
from digits.service.state import Shared

router = APIRouter(tags=["read"])


@router.post(
    "/api/read",
    response_model=Readings,
    responses=problems(408, 409, 413, 422, 429, 503),
    openapi_extra=PICTURES,
)
async def read(
    request: Request,
    service: Shared,
    single: Annotated[bool, Query(description="each picture holds exactly one digit")] = False,
    number: Annotated[bool, Query(description="each picture holds exactly one number")] = False,
    signs: Annotated[bool, Query(description="false: no signs and decimal marks")] = True,
    tiles: Annotated[bool, Query(description="with the tile of each digit, 28 x 28")] = False,
    orientation: Annotated[
        Literal["auto", "0", "90", "180", "270"],
        Query(description="degrees clockwise that a page is turned to be read; auto: seen from it"),
    ] = "auto",
) -> JSONResponse:
    """Read one or several pictures: each page an object as `digits read --json` prints it.

    A picture or page that cannot be read is an object with `error`. If none could be read, the
    answer is 422 and has the objects too. Pages of a request are read one after another; those of
    several requests at once, on as many cores as there are.
    """
    if single and number:
        raise Problem(409, "exclusive", "single and number exclude each other")
    service.check_room()
    async with service.bodies.stream(request) as stream:
        uploads = await service.bodies.pictures(request, stream)
        service.check_room()
        pixels = service.settings.limits.pixels
        degrees = None if orientation == "auto" else int(orientation)
        jobs = [
            Job(u.content, u.name, pixels, single, number, signs, tiles, orientation=degrees)
            for u in uploads
        ]
        readings: list[dict[str, Any]] = []
        for left, job in zip(range(len(jobs), 0, -1), jobs, strict=True):
            # a page for each picture that follows is kept free
            room = service.settings.limits.pictures - len(readings) - left + 1
            readings += await service.read_pages(job, max(1, room))
    return _answer(readings)


def _answer(readings: list[dict[str, Any]]) -> JSONResponse:
    errors = [str(each["error"]) for each in readings if "error" in each]
    if len(errors) == len(readings):
        raise Problem(422, "unreadable", errors[0], readings=readings)
    return JSONResponse({"readings": readings})
