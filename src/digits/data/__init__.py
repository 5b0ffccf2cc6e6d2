"""What networks learn from and are measured on: obtained, verified, loaded.

MNIST: `mnist` is the door; `files` knows its four files, `mirrors` and `wheel` bring them, `idx` is
their format. Pen strokes: `strokes` is the door; `stroke_tables` makes its tables of what `unipen`
reads.
"""

from __future__ import annotations
