"""The lesson: it is what its source says, and it runs as it is, with and without a picture."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "handwritten_digit_recognition.ipynb"
LARGEST = 600_000  # bytes; every clone carries them
MACHINE = re.compile(
    r"/(home|root|Users|tmp|work|opt|usr|var)/|[A-Z]:\\\\|site-packages|\.venv|ipykernel_\d"
)


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs/notebook/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def printed(cells: list[NotebookNode]) -> str:
    """Everything that the cells wrote to standard output."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


def answers(cells: list[NotebookNode]) -> list[str]:
    """The digits that the network named, in order: as it is, only inverted, prepared."""
    return re.findall(r"read as (\d), ", printed(cells))


class Lesson:
    """The notebook in a live kernel, run once from top to bottom in a folder of its own."""

    def __init__(self, client: NotebookClient, folder: Path) -> None:
        self.client, self.folder = client, folder
        self.first_run = deepcopy(self.run_from(0))

    def run_from(self, start: int) -> list[NotebookNode]:
        """Run the cells from `start` to the end as they stand; any error fails the test."""
        cells: list[NotebookNode] = self.client.nb.cells
        for index in range(start, len(cells)):
            self.client.execute_cell(cells[index], index)
        return cells[start:]

    def run_from_first_with(self, text: str) -> list[NotebookNode]:
        cells = self.client.nb.cells
        return self.run_from(next(i for i, cell in enumerate(cells) if text in cell.source))


@pytest.fixture(scope="module")
def committed() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    folder = tmp_path_factory.mktemp("lesson")
    shutil.copy(ROOT / "img_7.png", folder)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources)
    with client.setup_kernel():
        yield Lesson(client, folder)


def test_source_and_notebook_agree() -> None:
    assert load_build().difference() is None


def test_check_names_the_cell_that_differs(
    committed: NotebookNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = load_build()
    changed = nbformat.from_dict(committed)
    changed.cells[1].source += "\nprint('edited by hand')"
    monkeypatch.setattr(build, "NOTEBOOK", tmp_path / "changed.ipynb")
    nbformat.write(changed, build.NOTEBOOK)
    assert build.difference().startswith("cell 2 of changed.ipynb differs")


def test_building_twice_gives_the_same_cells() -> None:
    build = load_build()
    assert nbformat.writes(build.from_source()) == nbformat.writes(build.from_source())


def test_committed_notebook_was_run_from_top_to_bottom(committed: NotebookNode) -> None:
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert kinds == {"stream", "display_data"}
    assert not any(output.get("name") == "stderr" for cell in code for output in cell.outputs)


def test_committed_notebook_says_nothing_of_the_machine(committed: NotebookNode) -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text.encode()) <= LARGEST
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", text)
    assert MACHINE.search(without_pictures) is None
    assert all(cell.metadata == {} for cell in committed.cells)
    assert committed.metadata == load_build().METADATA


def test_committed_notebook_shows_failure_then_success(committed: NotebookNode) -> None:
    as_it_is, _only_inverted, prepared = answers(committed.cells)
    assert as_it_is != "7"
    assert prepared == "7"
    assert "read as '7'" in printed(committed.cells)


def test_lesson_runs_as_it_is_with_the_picture(lesson: Lesson) -> None:
    accuracy = re.search(r"([\d.]+)% right", printed(lesson.first_run))
    assert accuracy is not None
    assert float(accuracy[1]) > 97
    as_it_is, _only_inverted, prepared = answers(lesson.first_run)
    assert as_it_is != "7"
    assert prepared == "7"


def test_lesson_says_that_the_picture_is_missing_and_goes_on(lesson: Lesson) -> None:
    """The cells about the picture, run again after its removal: the network is a trained one."""
    (lesson.folder / "img_7.png").unlink()
    cells = lesson.run_from_first_with("cv2.imread(")
    assert "No img_7.png beside this notebook" in printed(cells)
    assert answers(cells)[-1] == "7"


def test_lesson_says_how_to_get_the_package(lesson: Lesson) -> None:
    hide = "import sys; sys.modules['digits'] = None"  # makes every later import of it fail
    lesson.client.kc.execute(hide)
    cells = lesson.run_from_first_with("import digits\n")
    assert "pip install ." in printed(cells)
