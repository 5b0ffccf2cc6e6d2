"""Where data sets are looked for: a directory that was named, `$DIGITS_DATA`, the user's cache."""

from __future__ import annotations

import os
from pathlib import Path


def named_directory(directory: str | os.PathLike[str] | None = None) -> Path | None:
    """The named directory, else `$DIGITS_DATA`, else None."""
    named = directory or os.environ.get("DIGITS_DATA")
    return Path(named).expanduser() if named else None


def cache_directory() -> Path:
    """The user's cache of all data sets; it need not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("digits", appauthor=False)
