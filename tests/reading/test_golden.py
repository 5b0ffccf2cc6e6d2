"""The samples are read as they were: text, boxes, confidences and tables.

After a change that is meant to alter readings, write the golden file anew and look at its diff:

    .venv/bin/python tests/reading/test_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import digits

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).with_name("golden.json")
PICTURES = [*sorted((ROOT / "samples").glob("*.[pj][np]g")), ROOT / "img_7.png"]
PIXELS, CONFIDENCE = 2, 0.03  # by which processors may differ

READER = digits.Reader()


def plain(path: Path) -> dict[str, Any]:
    """What of a picture's reading is held."""
    reading = READER.read(path)
    numbers = [
        {"text": each.text, "confidence": round(each.confidence, 2), "box": list(each.box)}
        for each in reading.numbers
    ]
    tables = [[[n and n.text for n in row] for row in table.rows] for table in reading.tables]
    return {"text": reading.text, "numbers": numbers, "tables": tables}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_is_read_as_it_was(path: Path) -> None:
    found, golden = plain(path), json.loads(GOLDEN.read_text("utf-8"))[path.name]
    assert found["text"] == golden["text"]
    assert found["tables"] == golden["tables"]
    for number, expected in zip(found["numbers"], golden["numbers"], strict=True):
        assert number["text"] == expected["text"]
        assert number["box"] == pytest.approx(expected["box"], abs=PIXELS)
        assert number["confidence"] == pytest.approx(expected["confidence"], abs=CONFIDENCE)


def test_every_sample_is_held() -> None:
    assert list(json.loads(GOLDEN.read_text("utf-8"))) == [path.name for path in PICTURES]


def write() -> None:
    """Write the golden file: a line for each number."""
    pictures = []
    for path in PICTURES:
        content = plain(path)
        numbers = ",\n".join(f"   {json.dumps(number)}" for number in content["numbers"])
        text, tables = json.dumps(content["text"]), json.dumps(content["tables"])
        pictures.append(
            f' {json.dumps(path.name)}: {{\n  "text": {text},\n  "numbers": [\n{numbers}\n  ],\n'
            f'  "tables": {tables}\n }}'
        )
    GOLDEN.write_text("{\n" + ",\n".join(pictures) + "\n}\n", "utf-8")


if __name__ == "__main__":
    write()
