"""What networks learn from and are measured on: obtained, verified, loaded.

`mnist` is the door; `files` knows its four files, `mirrors` and `wheel` bring them, `idx` is
their format.
"""

from __future__ import annotations
