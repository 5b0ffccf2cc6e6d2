"""Rows → files: one part a shard, and the parts joined to one file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from digits.batch.rows import heading
from digits.errors import require
from digits.files import replacing

SUFFIXES = {"json": ".jsonl", "csv": ".csv", "text": ".txt", "table": ".txt", "parquet": ".parquet"}
"""By the form of rows."""

ROWS_AT_ONCE = 1000  # of Parquet, that are kept until they are written

Write = Callable[[Iterable[Any]], None]


@contextlib.contextmanager
def writing(file: BinaryIO, form: str) -> Iterator[Write]:
    """A function that writes rows of a form (`digits.batch.rows.rows_of`) to a file.

    The file is complete when the block ends without an error.
    """
    with (_parquet if form == "parquet" else _lines)(file, form) as write:
        yield write


@contextlib.contextmanager
def _lines(file: BinaryIO, form: str) -> Iterator[Write]:
    def write(lines: Iterable[str]) -> None:
        for line in lines:
            file.write(f"{line}\n".encode(errors="backslashreplace"))

    first = heading(form)
    write([] if first is None else [first])
    yield write


@contextlib.contextmanager
def _parquet(file: BinaryIO, form: str) -> Iterator[Write]:
    arrow, parquet = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    kept: list[dict[str, Any]] = []

    def flush() -> None:
        if kept:
            writer.write_table(arrow.Table.from_pylist(kept, schema=schema()))
            kept.clear()

    def write(rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            kept.append(storable(row))
            if len(kept) == ROWS_AT_ONCE:
                flush()

    writer = parquet.ParquetWriter(file, schema())
    try:
        yield write
        flush()
    finally:
        writer.close()


@cache
def schema() -> Any:
    """The columns of Parquet: those of an object of `digits read --json`, and the error's class."""
    pa = require("pyarrow", "parquet")
    box = pa.list_(pa.int32())
    digit = pa.struct(
        {
            "digit": pa.int8(),
            "confidence": pa.float64(),
            "probabilities": pa.list_(pa.float64()),
            "is_digit": pa.float64(),
            "box": box,
        }
    )
    text = pa.struct({"text": pa.string(), "confidence": pa.float64()})
    number = pa.struct(
        {
            "text": pa.string(),
            "value": pa.string(),
            "confidence": pa.float64(),
            "box": box,
            "runner_up": text,
            "alternatives": pa.list_(text),
            "digits": pa.list_(digit),
            "is_expected": pa.bool_(),
        }
    )
    sign = pa.struct({"text": pa.string(), "confidence": pa.float64(), "box": box})
    table = pa.struct({"ruled": pa.bool_(), "box": box, "rows": pa.list_(pa.list_(number))})
    rejected = pa.struct({"box": box, "reason": pa.string()})
    strings = dict.fromkeys(("model", "fingerprint", "error", "error_class"), pa.string())
    return pa.schema(
        {
            "picture": pa.string(),
            **dict.fromkeys(("page", "width", "height", "orientation"), pa.int32()),
            **dict.fromkeys(("text", "transcript"), pa.string()),
            "numbers": pa.list_(number),
            "signs": pa.list_(sign),
            "tables": pa.list_(table),
            "rejected": pa.list_(rejected),
            **strings,
            "schema": pa.int32(),
        }
    )


def storable(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its name in UTF-8: bytes of a path that are no text are escaped."""
    return row | {"picture": row["picture"].encode(errors="backslashreplace").decode()}


def reading(path: Path, form: str) -> Iterator[Any]:
    """The rows of a part, one by one."""
    if form == "parquet":
        parquet = require("pyarrow.parquet", "parquet")
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                yield from batch.to_pylist()
        return
    with path.open(encoding="utf-8", newline="\n") as lines:
        if heading(form) is not None:
            next(lines)
        yield from (line.removesuffix("\n") for line in lines)


def join(parts: Iterable[Path], target: Path, form: str) -> None:
    """Put parts one behind another into one file, whole or not at all. Raises DigitsError."""
    with replacing(target) as file, writing(file, form) as write:
        for part in parts:
            write(reading(part, form))
