"""Pictures that are named rather than sent: data URIs, and those of one Label Studio."""

from __future__ import annotations

import asyncio
import base64
import binascii
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin, urlsplit

SECONDS = 10


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it may lead anywhere."""

    def redirect_request(self, *given: Any) -> None:
        return None


@dataclass(frozen=True)
class Pictures:
    """address: of the Label Studio whose pictures may be fetched, None for none. key: by which it
    lets us. most: bytes of a picture."""

    address: str | None
    key: str | None
    most: int

    async def fetch(self, named: object) -> bytes:
        """The content of a picture. Raises ValueError that says why there is none."""
        if not isinstance(named, str) or not named:
            raise ValueError("the task has no picture where its labelling configuration says")
        if named.startswith("data:"):
            return _decoded(named)
        if self.address is None:
            raise ValueError(
                "the picture is out of reach; start the service with --label-studio URL, or put "
                "pictures into tasks as data URIs"
            )
        url = urljoin(self.address, named)
        if urlsplit(url)[:2] != urlsplit(self.address)[:2]:
            raise ValueError(
                f"the picture is not at {self.address}, the only address that is asked; import it "
                "into Label Studio, or let Label Studio serve it (local files)"
            )
        return await asyncio.to_thread(self._get, url)

    def _get(self, url: str) -> bytes:
        headers = {"Authorization": f"Token {self.key}"} if self.key else {}
        opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=SECONDS) as file:
                content: bytes = file.read(self.most + 1)
        except (OSError, HTTPException, ValueError) as error:  # urllib.error.URLError is an OSError
            raise ValueError(
                f"Label Studio does not give the picture ({error}); is LABEL_STUDIO_API_KEY set?"
            ) from error
        if len(content) > self.most:
            raise ValueError(f"the picture has more than {self.most:,} bytes; scale it down")
        return content


def _decoded(uri: str) -> bytes:
    head, _, content = uri.partition(",")
    if not head.endswith(";base64"):
        raise ValueError("the data URI is not in base64")
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ValueError(f"the data URI is damaged ({error})") from error
