"""Rebuild docs/results.md from the rows in docs/results/.

.venv/bin/python benchmarks/results.py [--check]

With --check nothing is written; the exit status is 1 if the page is not what the rows give.
"""

import sys
from pathlib import Path

from digits.evaluation.results import page, read_rows

DOCS = Path(__file__).parents[1] / "docs"


def main() -> int:
    text, path = page(read_rows(DOCS / "results")), DOCS / "results.md"
    if "--check" in sys.argv[1:]:
        return int(path.read_text("utf-8") != text)
    path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
