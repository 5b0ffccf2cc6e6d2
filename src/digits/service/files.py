"""The page to draw on, and its files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from digits.errors import DigitsError
from digits.service.problems import Problem

INDEX = "index.html"
ENGINE = "engine/"  # of the page's folder: what reads in the browser
TYPES = {  # Windows lets programs change what a suffix means
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".onnx": "application/octet-stream",
}


def page_routes(folder: Path, engine: Callable[[], Mapping[str, bytes]]) -> APIRouter:
    """`/`, and `/page/…` for each file that `folder` holds now, and for each of the engine's.

    engine: gives what the engine needs beside its own files, by name, or raises DigitsError. An
    address is looked up among these names and never becomes a path.
    """
    router = APIRouter(include_in_schema=False)
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}

    @router.get("/")
    async def index() -> Response:
        return _file(files, INDEX)

    @router.get("/page/{name:path}")
    async def file(name: str, request: Request) -> Response:
        if name in files or not name.startswith(ENGINE):
            return _file(files, name)
        try:
            made = await asyncio.to_thread(engine)
        except DigitsError as error:
            raise Problem(404, "http", str(error)) from error
        return _made(made, name.removeprefix(ENGINE), request.headers.get("if-none-match"))

    return router


def _file(files: Mapping[str, Path], name: str) -> Response:
    if name not in files:
        raise Problem(404, "http", "no such file of the page")
    return FileResponse(files[name], media_type=TYPES.get(files[name].suffix))


def _made(made: Mapping[str, bytes], name: str, known: str | None) -> Response:
    """What the engine needs; 304 where the browser has it already."""
    if name not in made:
        raise Problem(404, "http", "no such file of the page")
    tag = f'"{hashlib.sha256(made[name]).hexdigest()[:16]}"'
    if known == tag:
        return Response(status_code=304, headers={"ETag": tag})
    kind = TYPES.get(PurePosixPath(name).suffix)
    return Response(made[name], media_type=kind, headers={"ETag": tag})
