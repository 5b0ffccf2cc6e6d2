"""Errors as clients see them: problem details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("digits.service")


class Problem(Exception):  # noqa: N818  # RFC 9457 calls it a problem
    """Ends a request with an error.

    kind: the last part of the problem's type, by which programs tell it from others. detail: one
    line for people. more: further members of the answer.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.more = headers, more

    def response(self) -> JSONResponse:
        """The answer that says it. `error` is what clients of KServe's protocol look at."""
        content = {
            "type": f"/problems/{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "error": self.detail,
        }
        return JSONResponse(content | self.more, self.status, self.headers, MEDIA_TYPE)


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Let every error of `app` be answered as a problem. routes: all that it has."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, partial(_http, routes))
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def _http(routes: Sequence[BaseRoute], request: Request, error: Exception) -> JSONResponse:
    """No such address, or not with this method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:  # an address has a route for each method, of which one is named
        headers["Allow"] = ", ".join(sorted(_methods(routes, request)))
    return Problem(error.status_code, "http", str(error.detail), headers).response()


def _methods(routes: Sequence[BaseRoute], request: Request) -> set[str]:
    """All methods that an address takes."""
    fitting = [each for each in routes if each.matches(request.scope)[0] is not Match.NONE]
    return {method for each in fitting for method in getattr(each, "methods", None) or ()}


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody is there to be answered; only the figures see this."""
    return Response(status_code=400)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What the request says is not what the interface describes."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return Problem(422, "invalid", f"{where}: {first['msg']}").response()


async def _defect(request: Request, error: Exception) -> JSONResponse:
    LOG.error("a defect of the package in %s", request.method, exc_info=error)
    detail = "a defect of the package; the log of the service has more: report it"
    return Problem(500, "defect", detail).response()
