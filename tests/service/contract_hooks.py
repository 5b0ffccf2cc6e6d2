"""What schemathesis cannot make up by itself: pictures, and arrays of tiles."""

from __future__ import annotations

import io

import numpy as np
import pictures
import schemathesis
from hypothesis import strategies as st
from schemathesis.transport.serialization import Binary


def npy() -> bytes:
    """Three tiles in NumPy's format."""
    file = io.BytesIO()
    np.save(file, np.zeros((3, 28, 28), np.uint8))
    return file.getvalue()


PICTURES = [pictures.png(pictures.page(text).pixels) for text in ("7", "305", "12\n4")]

for kind in ("image/png", "application/octet-stream"):
    schemathesis.openapi.media_type(kind, st.sampled_from(PICTURES))
schemathesis.openapi.media_type("application/x-npy", st.just(npy()))
schemathesis.openapi.format("binary", st.sampled_from([Binary(each) for each in PICTURES]))
