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
from digits.service.site import INDEX, MANIFEST, WORKER

ADDED = ("engine/", "icon-")  # names in the page's folder of what is made for a page without server
TYPES = {  # Windows lets programs change what a suffix means
    ".html": "text/html",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".onnx": "application/octet-stream",
}


def page_routes(folder: Path, site: Callable[[], Mapping[str, bytes]]) -> APIRouter:
    """`/`, `/page/…` for each file that `folder` holds now, and what `site` adds to them.

    site: gives all files of the page that goes on without a server, by name, or raises
    DigitsError. An address is looked up among these names and never becomes a path.
    """
    router = APIRouter(include_in_schema=False)
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}

    @router.get("/")
    async def index(request: Request) -> Response:
        try:
            return await made(INDEX, request)
        except Problem:  # then the page needs the server
            return _file(files, INDEX)

    @router.get("/page/{name:path}")
    async def file(name: str, request: Request) -> Response:
        is_added = name not in files and name.startswith(ADDED)
        return await made(f"page/{name}", request) if is_added else _file(files, name)

    @router.get(f"/{WORKER}")
    async def worker(request: Request) -> Response:
        return await made(WORKER, request)

    @router.get(f"/{MANIFEST}")
    async def manifest(request: Request) -> Response:
        return await made(MANIFEST, request)

    async def made(name: str, request: Request) -> Response:
        try:
            found = await asyncio.to_thread(site)
        except DigitsError as error:
            raise Problem(404, "http", str(error)) from error
        return _made(found, name, request.headers.get("if-none-match"))

    return router


def _file(files: Mapping[str, Path], name: str) -> Response:
    if name not in files:
        raise Problem(404, "http", "no such file of the page")
    return FileResponse(files[name], media_type=TYPES.get(files[name].suffix))


def _made(made: Mapping[str, bytes], name: str, known: str | None) -> Response:
    """A file that was made; 304 where the browser has it already."""
    if name not in made:
        raise Problem(404, "http", "no such file of the page")
    tag = f'"{hashlib.sha256(made[name]).hexdigest()[:16]}"'
    if known == tag:
        return Response(status_code=304, headers={"ETag": tag})
    kind = TYPES.get(PurePosixPath(name).suffix)
    return Response(made[name], media_type=kind, headers={"ETag": tag})
