"""What the service is told at its start, and the limits that it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from digits.model.session import cores
from digits.model.store import DEFAULT

PAGE = Path(__file__).parent / "page"
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True)
class Limits:
    """What one client may ask for, so that others are served too."""

    request_bytes: int = 64_000_000  # of a request's body: five photos of a phone
    memory_bytes: int = 256_000_000  # of all bodies that are held at once
    pixels: int = (
        50_000_000  # of a picture, checked before it is decoded; phones take 50 megapixels
    )
    pictures: int = 32  # of a request
    tiles: int = 1024  # of a request
    queued: int = 32  # requests that wait for a worker
    upload_seconds: float = 30.0  # until a request's body is here
    header_seconds: int = 10  # until a request's head is here
    read_seconds: float = 30.0  # that one picture may take
    connections: int = 512


@dataclass(frozen=True)
class Settings:
    """model: as Reader takes it. token: that every client must show; None for none. hosts: names
    under which the service may be addressed, which defeats DNS rebinding; None for any.
    corrections: folder in which corrections are kept; None keeps none. workers: processes that
    read. page: folder of the page's files. label_studio: address of the Label Studio whose
    pictures may be fetched; None fetches nothing.
    """

    model: str = DEFAULT
    token: str | None = None
    hosts: frozenset[str] | None = LOOPBACK
    corrections: Path | None = None
    workers: int = field(default_factory=cores)
    limits: Limits = field(default_factory=Limits)
    page: Path = PAGE
    label_studio: str | None = None
