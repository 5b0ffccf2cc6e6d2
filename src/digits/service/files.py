"""The page to draw on, and its files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from digits.service.problems import Problem

INDEX = "index.html"
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}


def page_routes(folder: Path) -> APIRouter:
    """`/`, and `/page/…` for each file that `folder` holds now.

    An address is looked up among these files and never becomes a path.
    """
    router = APIRouter(include_in_schema=False)
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}

    @router.get("/")
    async def index() -> FileResponse:
        return _answer(INDEX)

    @router.get("/page/{name:path}")
    async def file(name: str) -> FileResponse:
        return _answer(name)

    def _answer(name: str) -> FileResponse:
        if name not in files:
            raise Problem(404, "http", "no such file of the page")
        path = files[name]
        # Windows lets programs change what a suffix means
        return FileResponse(path, media_type=TYPES.get(path.suffix))

    return router
