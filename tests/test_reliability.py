"""docs/reliability.md names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROMISES = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROMISES)


def test_every_promise_names_a_test_that_exists() -> None:
    assert len(NAMED) > 20
    for path, name in NAMED:
        functions = ast.parse((ROOT / path).read_text("utf-8")).body
        assert name in [each.name for each in functions if hasattr(each, "name")], f"{path}::{name}"
