"""Bodies of requests: read with limits of size and time, into memory alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from digits.files import printable
from digits.service.problems import Problem
from digits.service.settings import Limits

NAME_LENGTH = 255
UNNAMED = "-"  # as `digits read` calls its input


@dataclass(frozen=True)
class Upload:
    """A picture as it came. name: for answers only, on one line."""

    name: str
    content: bytes


class Memory:
    """The bytes of all bodies that are held at once."""

    def __init__(self, limit: int, on_reject: Callable[[], None]) -> None:
        self.limit, self.used = limit, 0
        self._on_reject = on_reject

    def take(self, size: int) -> None:
        """Raises Problem 429 where there are too many."""
        if self.used + size > self.limit:
            self._on_reject()
            raise Problem(429, "busy", "too many uploads at once; try again in 2 s", RETRY)
        self.used += size


RETRY = {"Retry-After": "2"}


@dataclass
class Bodies:
    """Reads bodies of requests."""

    limits: Limits
    memory: Memory

    @contextlib.asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """The blocks of a body, which count as held until the block of code ends.

        Raises Problem: 413 for a body too large, 408 for one too slow, 429 for too many at once.
        """
        held = 0

        async def blocks() -> AsyncGenerator[bytes, None]:
            nonlocal held
            if int(request.headers.get("content-length", 0)) > self.limits.request_bytes:
                raise self._too_large()
            async for block in request.stream():
                self.memory.take(len(block))
                held += len(block)
                if held > self.limits.request_bytes:
                    raise self._too_large()
                yield block

        try:
            async with contextlib.aclosing(blocks()) as stream:
                yield stream
        finally:
            self.memory.used -= held

    async def whole(self, request: Request, stream: AsyncGenerator[bytes, None]) -> bytes:
        """A body in one piece."""
        async with self._in_time():
            return b"".join([block async for block in stream])

    async def pictures(self, request: Request, stream: AsyncGenerator[bytes, None]) -> list[Upload]:
        """The pictures of a body: files of a form, or the body itself.

        Raises Problem 422 for a form that is none, without a picture or with too many.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return await self._files(request, stream)
        content = await self.whole(request, stream)
        if not content:
            raise Problem(422, "empty", "no picture; send one as the body, or several as a form")
        return [Upload(UNNAMED, content)]

    async def _files(self, request: Request, stream: AsyncGenerator[bytes, None]) -> list[Upload]:
        most = self.limits.pictures
        parser = MultiPartParser(request.headers, stream, max_files=most, max_fields=0)
        parser.spool_max_size = 2 * self.limits.request_bytes  # never into a file
        try:
            async with self._in_time():
                form = await parser.parse()
        except MultiPartException as error:
            raise Problem(
                422,
                "form",
                f"not a form of pictures ({error.message}) expected multipart/form-data with 1 to "
                f"{most} files in fields named picture",
            ) from error
        files = [each for each in form.getlist("picture") if isinstance(each, UploadFile)]
        if not files or len(files) < len(form.multi_items()):
            raise Problem(422, "form", "expected files in fields named picture, and nothing else")
        return [Upload(_name(each.filename), await each.read()) for each in files]

    @contextlib.asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        seconds = self.limits.upload_seconds
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            detail = f"the body was not here after {seconds:g} s; send it faster or less of it"
            raise Problem(408, "slow", detail, {"Connection": "close"}) from error

    def _too_large(self) -> Problem:
        limit = self.limits.request_bytes
        detail = f"the body has more than {limit:,} bytes; send fewer pictures, or scale them down"
        return Problem(413, "too-large", detail)


def _name(filename: str | None) -> str:
    return printable(filename or UNNAMED)[:NAME_LENGTH]
