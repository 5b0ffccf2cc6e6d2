"""Who may ask, from where, and what browsers may do with the answers."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digits.service.problems import Problem

ENGINE = "/page/engine/"  # its worker runs WebAssembly; the page itself may not
OPEN = (
    "/",
    "/service-worker.js",
    "/manifest.webmanifest",
    "/healthz",
    "/readyz",
)  # asked without a token, and nothing secret there
FILES = "/page/"  # the same
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
SIGN_IN = {"WWW-Authenticate": "Bearer"}  # not Basic, for which browsers would open a dialogue


@dataclass(frozen=True)
class Guard:
    """Lets through what may pass, and adds security headers to every answer.

    token: that clients must show, as `Authorization: Bearer TOKEN`, or as the password of HTTP
    Basic where they know nothing else. hosts: names that requests may address; None for any.
    """

    app: ASGIApp
    token: str | None
    hosts: frozenset[str] | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(ENGINE):
                    headers["Content-Security-Policy"] = (
                        f"{POLICY}; script-src 'self' 'wasm-unsafe-eval'"
                    )
            await send(message)

        problem = self._problem(scope)
        await (problem.response() if problem else self.app)(scope, receive, guarded)

    def _problem(self, scope: Scope) -> Problem | None:
        """Why a request may not pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts is not None and _name(host) not in self.hosts:
            detail = f"this service is not called so; expected {' or '.join(sorted(self.hosts))}"
            return Problem(421, "host", detail)
        if scope["method"] not in SAFE and not _is_own(headers, host):
            return Problem(403, "origin", "a page of another site may not ask this")
        is_open = scope["path"] in OPEN or scope["path"].startswith(FILES)
        if self.token is None or is_open or _shows(headers.get("authorization", ""), self.token):
            return None
        detail = "no token, or a wrong one; expected Authorization: Bearer TOKEN"
        return Problem(401, "token", detail, SIGN_IN)


def _name(host: str) -> str:
    """The host's name without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(headers: Headers, host: str) -> bool:
    """Whether no browser asks for a page of another site."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _shows(authorization: str, token: str) -> bool:
    """Whether a header shows the token. It takes as long wherever they differ."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:  # no base64, or no text in it
            return False
    return hmac.compare_digest(given.encode(), token.encode())
