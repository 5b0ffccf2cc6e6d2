"""Build the notebook at the root from its source beside this file.

From the root of the project:
    python docs/notebook/build.py            run the source, write the notebook with its outputs
    python docs/notebook/build.py --check    exit 1 if the notebook is not that of the source
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from digits.files import write_atomically

SOURCE = Path(__file__).with_name("handwritten_digit_recognition.py")
NOTEBOOK = Path(__file__).parents[2] / "handwritten_digit_recognition.ipynb"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
CELL_TIMEOUT = 600  # seconds; training takes the longest


def from_source() -> NotebookNode:
    """The notebook as its source says, without outputs; the same source gives the same bytes."""
    notebook = jupytext.reads(SOURCE.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode(METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02}"
        cell.metadata = NotebookNode()
    return notebook


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in `folder`, from top to bottom, and keep what they give."""
    NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def clean(notebook: NotebookNode) -> None:
    """Remove what belongs to the machine: its log lines, versions and run-time metadata."""
    notebook.metadata = NotebookNode(METADATA)
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]


def difference() -> str | None:
    """What first tells the committed notebook from its source; None if they agree."""
    if not NOTEBOOK.exists():
        return f"{NOTEBOOK.name} does not exist"
    expected = [(cell.cell_type, cell.source) for cell in from_source().cells]
    committed = nbformat.read(NOTEBOOK, as_version=4).cells
    found = [(cell.cell_type, cell.source) for cell in committed]
    for number, (wanted, given) in enumerate(zip(expected, found, strict=False), start=1):
        if wanted != given:
            return f"cell {number} of {NOTEBOOK.name} differs from {SOURCE.name}"
    if len(expected) != len(found):
        return f"{NOTEBOOK.name} has {len(found)} cells, {SOURCE.name} {len(expected)}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the notebook from its source.")
    parser.add_argument("--check", action="store_true", help="compare the cells; write nothing")
    if parser.parse_args().check:
        found = difference()
        if found:
            print(f"{found}; run: python docs/notebook/build.py", file=sys.stderr)
        return 1 if found else 0
    notebook = from_source()
    execute(notebook, NOTEBOOK.parent)
    clean(notebook)
    write_atomically(NOTEBOOK, nbformat.writes(notebook) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
