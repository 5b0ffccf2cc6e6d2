"""What `import digits` and the command `digits` are to whoever has just installed them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import digits
from digits import errors
from digits.cli import VERBS, main

ROOT = Path(__file__).parent.parent
HEAVY = {"tensorflow", "keras", "matplotlib", "tqdm", "platformdirs", "onnx", "jinja2", "filelock"}

# a process in which packages are as if not installed, on a Python of any version
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from digits.cli import main
sys.version_info = {python} or sys.version_info
sys.exit(main({arguments!r}))
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def loaded_by(code: str) -> set[str]:
    """Which of the heavy packages a fresh process holds after running `code`."""
    process = python(
        f"import sys\ntry:\n  {code}\nexcept SystemExit:\n  pass\n"
        f"print(*sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    assert process.returncode == 0, process.stderr
    return set(process.stderr.split())


def test_the_public_names_are_those_of_the_contract() -> None:
    assert digits.__all__ == [
        "Classifier", "Digit", "DigitsError", "Number", "Outcome", "Reader", "Reading", "read",
        "read_many",
    ]  # fmt: skip
    assert digits.__all__ == sorted(digits.__all__)
    for name in digits.__all__:
        assert getattr(digits, name).__doc__


def test_the_version_is_that_of_the_package() -> None:
    assert digits.__version__ == version("handwritten-digit-recognition")


def test_the_data_is_there_without_a_further_import() -> None:
    process = python(
        "import digits; images, labels = digits.data.mnist.load('test'); "
        "print(images.shape, images.dtype, labels.shape, labels.dtype)"
    )
    assert process.stdout == "(10000, 28, 28) uint8 (10000,) uint8\n"


def test_other_names_are_an_attribute_error_as_ever() -> None:
    with pytest.raises(AttributeError, match="module 'digits' has no attribute 'dataa'"):
        digits.dataa  # noqa: B018


@pytest.mark.parametrize(
    "code",
    [
        "import digits",
        "import digits.data.mnist",
        "from digits.cli import main; main(['--help'])",
        "from digits.cli import main; main(['read', '--help'])",
        "from digits.cli import main; main(['train', '--help'])",
    ],
)
def test_reading_and_asking_for_help_load_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_that_check_can_fail() -> None:
    assert loaded_by("import digits, tqdm, platformdirs") == {"tqdm", "platformdirs"}


def test_a_picture_is_read_with_the_core_alone(tmp_path: Path) -> None:
    code = "import digits, numpy; digits.read(numpy.full((60, 80), 255, numpy.uint8))"
    assert loaded_by(code) == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_ends_with_an_example(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])

    text = capsys.readouterr().out
    assert end.value.code == 0
    assert text.startswith(f"usage: digits {verb}")
    assert VERBS[verb].lower() in text.replace("\n", " ").lower()
    assert f"xample: digits {verb}" in text.strip().splitlines()[-1]


def test_the_help_of_train_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help"])
    shipped = ROOT.glob("src/digits/training/recipes/*.toml")
    names = ", ".join(sorted(path.stem for path in shipped))
    assert f"{names}, or a TOML file" in " ".join(capsys.readouterr().out.split())


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for verb, about in VERBS.items():
        assert f"{verb} {about}" in text


@pytest.mark.parametrize("arguments", [[], ["raed"], ["read"], ["train", "--sead", "1"]])
def test_a_wrong_call_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    output = capsys.readouterr()
    assert output.out == ""
    assert "usage: digits" in output.err


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.strip().replace(".", "").isalnum()


INSTALL = 'install it in the folder of the project with: pip install ".[{}]"'
TOO_NEW = "TensorFlow has no wheel for this Python yet; train with Python 3.11 to 3.13"


def test_the_extras_that_are_advised_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "digits").rglob("*.py"))
    advised = set(re.findall(r'require\("\w+", "(\w+)"\)', code)) | {"train", "report"}
    assert advised <= set(project["project"]["optional-dependencies"])


@pytest.mark.parametrize(
    ("absent", "arguments", "version", "remedy"),
    [
        ("keras", ["train"], None, INSTALL.format("train")),
        ("tensorflow", ["train"], None, INSTALL.format("train")),
        ("keras", ["train"], (3, 14), TOO_NEW),
        ("keras", ["evaluate", "some.keras"], None, INSTALL.format("train")),
        ("keras", ["demo"], None, INSTALL.format("train")),
        ("jinja2", ["evaluate", "default", "--html", "a.html"], (3, 14), INSTALL.format("report")),
        ("matplotlib", ["train"], None, INSTALL.format("report")),
        ("tensorboard", ["train", "--tensorboard"], None, INSTALL.format("train")),
    ],
)
def test_a_missing_extra_is_one_line_that_says_how_to_get_it(
    absent: str,
    arguments: list[str],
    version: tuple[int, int] | None,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    process = python(WITHOUT.format(absent={absent}, python=version, arguments=arguments))

    assert process.returncode == 2, process.stderr
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert line.startswith("digits: ")
    assert f"No module named '{absent}" in line
    assert line.endswith(remedy)
    assert list(tmp_path.iterdir()) == []


def test_litert_on_windows_says_where_it_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "nt")
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)  # as if it were not installed
    with pytest.raises(errors.MissingExtraError, match="no wheel for Windows: export to ONNX"):
        errors.require("ai_edge_litert", "train")
