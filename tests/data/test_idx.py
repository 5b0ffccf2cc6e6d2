from __future__ import annotations

import contextlib
import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from digits.data import idx
from digits.errors import DataError

IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 2, 1], np.uint8)
IMAGES_NAME = "train-images-idx3-ubyte"
LABELS_NAME = "train-labels-idx1-ubyte"

any_array = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(max_dims=4, max_side=5))
)


def test_parse_reads_what_the_format_says() -> None:
    content = bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])

    labels = idx.parse(content, LABELS_NAME)

    assert labels.dtype == np.uint8
    assert labels.tolist() == [7, 2, 1]
    assert idx.encode(labels) == content


def test_parse_returns_native_byte_order_and_writable() -> None:
    table = idx.parse(bytes([0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 2]), "a-idx2-int")

    assert table.tolist() == [[258]]
    assert table.dtype.isnative
    assert table.flags.writeable


@given(any_array)
def test_round_trip(array: np.ndarray) -> None:
    content = idx.encode(array)
    back = idx.parse(content, "array")

    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(idx.parse(gzip.compress(content), "array.gz"), array)


@given(any_array, st.data())
def test_any_truncation_is_refused(array: np.ndarray, data: st.DataObject) -> None:
    content = idx.encode(array)
    kept = data.draw(st.integers(0, len(content) - 1))

    with pytest.raises(DataError, match="array"):
        idx.parse(content[:kept], "array")


@given(any_array, st.binary(min_size=1, max_size=50))
def test_any_extra_bytes_are_refused(array: np.ndarray, extra: bytes) -> None:
    with pytest.raises(DataError, match="too long"):
        idx.parse(idx.encode(array) + extra, "array")


@given(st.binary(max_size=64))
def test_garbage_is_an_array_or_a_data_error(content: bytes) -> None:
    with contextlib.suppress(DataError):
        assert idx.parse(content, "garbage").size


@given(st.data())
def test_damaged_gzip_is_refused_or_gives_the_original(data: st.DataObject) -> None:
    content = gzip.compress(idx.encode(IMAGES), mtime=0)
    kept = data.draw(st.integers(2, len(content) - 1))

    with pytest.raises(DataError, match=r"images\.gz"):
        idx.parse(content[:kept], "images.gz")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        pytest.param(b"", IMAGES_NAME, "holds no bytes", id="empty"),
        pytest.param(b"\0\0\x08", IMAGES_NAME, "no IDX file", id="three bytes"),
        pytest.param(b"<!DOCTYPE html>", IMAGES_NAME, "no IDX file.*<!DO", id="web page"),
        pytest.param(b"\0\0\x07\x03" + bytes(12), IMAGES_NAME, "no IDX file", id="unknown type"),
        pytest.param(b"\0\0\x08\0" + bytes(12), IMAGES_NAME, "no IDX file", id="no dimensions"),
        pytest.param(b"\0\0\x08\xff" + bytes(12), IMAGES_NAME, "no IDX file", id="255 dimensions"),
        pytest.param(
            idx.encode(IMAGES),
            LABELS_NAME,
            r"holds images \(idx3-ubyte\); expected labels \(idx1-ubyte\)",
            id="images for labels",
        ),
        pytest.param(
            idx.encode(LABELS),
            IMAGES_NAME,
            r"holds labels \(idx1-ubyte\); expected images \(idx3-ubyte\)",
            id="labels for images",
        ),
        pytest.param(
            idx.encode(LABELS.astype(np.int32)),
            LABELS_NAME,
            r"\(idx1-int\); expected labels",
            id="labels of another type",
        ),
        pytest.param(
            idx.encode(IMAGES)[:10], IMAGES_NAME, "cut short: 10 bytes.* 16", id="half a header"
        ),
        pytest.param(
            idx.encode(IMAGES)[:-1],
            IMAGES_NAME,
            "cut short: 1,583 bytes.*2 x 28 x 28.*1,584 bytes",
            id="last byte missing",
        ),
        pytest.param(
            struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1),
            IMAGES_NAME,
            "cut short",
            id="claims to be vast",
        ),
        pytest.param(struct.pack(">HBBI", 0, 8, 1, 0), LABELS_NAME, "is empty", id="no items"),
        pytest.param(b"\x1f\x8bgarbage", IMAGES_NAME, "damaged gzip", id="garbage as gzip"),
        pytest.param(
            gzip.compress(idx.encode(IMAGES)) + b"more", IMAGES_NAME, "damaged gzip", id="gzip tail"
        ),
        pytest.param(
            gzip.compress(b"not IDX"), IMAGES_NAME, "no IDX file", id="something else in gzip"
        ),
    ],
)
def test_refusals_say_what_was_found_and_expected(content: bytes, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        idx.parse(content, name)

    assert name in str(caught.value)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros(3, np.complex64), id="type"),
        pytest.param(np.zeros((), np.uint8), id="no dimensions"),
        pytest.param(np.zeros((0, 28, 28), np.uint8), id="empty"),
    ],
)
def test_encode_refuses_what_the_format_cannot_hold(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="does not go into an IDX file"):
        idx.encode(array)
