"""The contract of model.spec: shipped networks, training and datasets agree on every shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import digits
from digits.model import spec
from digits.model.store import open_model, shipped_models

SOURCE = Path(digits.__file__).parent
LAYERS = {  # of a network in recipes of each kind
    "dense": (8,),
    "convolutional": (4, 4, 8),
    "separable": (4, 4),
    "residual": (4, 8),
    "detector": (4, 4, 4, 4),
    "recogniser": (4, 4, 4, 4, 8),
}


def example(kind: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of an input of a kind of network, and that of the output by the spec."""
    match kind:
        case "detector":
            rows, columns = 3 * spec.DETECTOR_SIZE_MULTIPLE, 2 * spec.DETECTOR_SIZE_MULTIPLE
            cells = rows // spec.DETECTOR_STRIDE, columns // spec.DETECTOR_STRIDE
            return (1, rows, columns, spec.CHANNELS), (1, *cells, spec.DETECTOR_MAPS)
        case "recogniser":
            width = 2 * spec.LINE_SIZE_MULTIPLE
            frames = width // spec.LINE_STRIDE
            return (2, spec.LINE_HEIGHT, width, spec.CHANNELS), (2, frames, spec.TOKENS)
        case _:
            return (3, spec.TILE, spec.TILE), (3, spec.CLASSES)


def test_the_alphabet_is_consistent() -> None:
    tokens = list(range(spec.TOKENS))
    assert len(tokens[spec.DIGIT_TOKENS]) == spec.CLASSES
    signs = tokens[spec.SIGN_TOKENS]
    assert len(signs) == len(set(spec.SIGNS))
    assert [spec.BLANK, *tokens[spec.DIGIT_TOKENS], spec.BOUNDARY, *signs, spec.LETTER] == tokens
    assert spec.DETECTOR_SIZE_MULTIPLE % spec.DETECTOR_STRIDE == 0
    assert (
        spec.LINE_SIZE_MULTIPLE % spec.LINE_STRIDE == spec.MAX_LINE % spec.LINE_SIZE_MULTIPLE == 0
    )


ENDS = {
    "classifier": ["tiles", "logits"],
    "detector": ["page", "maps"],
    "recogniser": ["lines", "logits"],
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ENDS for name in shipped_models(kind)]
)
def test_shipped_networks_have_the_shapes_of_the_spec(kind: str, name: str) -> None:
    network = open_model(name, kind).network
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    assert [node.name for node in (*session.get_inputs(), *session.get_outputs())] == ENDS[kind]
    shape, expected = example(kind)
    (output,) = session.run(None, {ENDS[kind][0]: np.zeros(shape, np.float32)})
    assert output.shape == expected


@pytest.mark.parametrize("kind", LAYERS)
def test_training_builds_networks_with_the_shapes_of_the_spec(kind: str) -> None:
    pytest.importorskip("keras")
    from digits.training import networks
    from digits.training.recipe import Network

    shape, expected = example(kind)
    output = networks.build(Network(kind, LAYERS[kind]))(np.zeros(shape, np.float32))
    assert tuple(output.shape) == expected


def test_every_kind_of_recipe_is_tested() -> None:
    pytest.importorskip("keras")
    from digits.training.recipe import WIDTHS

    assert set(LAYERS) == set(WIDTHS)


def test_datasets_have_the_shapes_of_the_spec() -> None:
    pytest.importorskip("keras")
    from digits.training.datasets.crops import LOSS_MASK, DetectorCrops, LabelledPage
    from digits.training.datasets.line_crops import LineCrops
    from digits.training.datasets.lines import Labelled
    from digits.training.datasets.tiles import CLUTTER, targets

    values = np.array([[d, 20 + 24 * d, 60, 16, 26] for d in range(spec.CLASSES)], np.float32)
    grey = np.full((160, 300), 240, np.uint8)
    runs = np.repeat([0, 1], spec.CLASSES // 2).astype(np.int32)
    page = LabelledPage(grey, values, runs, np.zeros((0, 4), np.float32))

    crops, maps = DetectorCrops([page], [], 64, count=3, batch_size=3, seed=0)[0]
    assert crops.shape == (3, 64, 64, spec.CHANNELS)
    cells = 64 // spec.DETECTOR_STRIDE
    assert maps.shape == (3, cells, cells, LOSS_MASK + 1)
    assert LOSS_MASK == spec.DETECTOR_MAPS + 1  # the box weight comes between

    batches = LineCrops(Labelled([page]), count=64, batch_size=32, seed=0)
    lines, _ = batches[0]
    assert lines.shape[1] == spec.LINE_HEIGHT
    assert lines.shape[2] % spec.LINE_SIZE_MULTIPLE == 0
    assert lines.shape[3] == spec.CHANNELS
    found = {int(token) for index in range(len(batches)) for token in batches[index][1].flat}
    assert found == {spec.BLANK, spec.BOUNDARY, *range(spec.TOKENS)[spec.DIGIT_TOKENS]}

    assert targets(np.array([0, CLUTTER], np.uint8)).shape == (2, spec.CLASSES)


def test_exported_cards_give_the_shapes_of_the_spec() -> None:
    pytest.importorskip("keras")
    from digits.training.export import INPUTS

    for kind, (name, _) in ENDS.items():
        shape, _ = example("dense" if kind == "classifier" else kind)
        stated = INPUTS[kind]["input"][name]
        assert len(stated) == len(shape)
        assert all(isinstance(a, str) or a == b for a, b in zip(stated, shape, strict=True))


NUMBERS = {spec.TILE, spec.LINE_HEIGHT, spec.LINE_DIGIT, spec.DETECTOR_MAPS, spec.TOKENS}
OTHER_MEANING = {"AROUND", "BEAM", "LARGE", "LOW_RESOLUTIONS", "ROUNDS", "TINY", "TRIES"}
"""Constants that have one of NUMBERS as their value by chance, and mean something else."""
FILES = [
    path
    for room in ("model", "reading", "training")
    for path in sorted((SOURCE / room).rglob("*.py"))
    if path.name != "spec.py"
]


def duplicates(code: str) -> Iterator[str]:
    """Lines in which a number of the spec, or the size rule of geometry, is written down again."""
    tree = ast.parse(code)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id in OTHER_MEANING for name in node.targets
        ):
            skipped |= {id(child) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and id(node) not in skipped:
            if node.value in NUMBERS:
                yield f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            text = ast.unparse(node)
            if "0.6 *" in text and (text.endswith(("[2]", ", 2]", "width", "wide"))):
                yield f"line {node.lineno}: {text}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_number_of_the_spec_is_written_down_again(path: Path) -> None:
    assert list(duplicates(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    ["HEIGHT = 48", "x = zeros((3, 28, 28))", "size = max(box[3], 0.6 * box[2])", "f(side=14)"],
)
def test_a_number_that_is_written_down_again_is_found(code: str) -> None:
    assert list(duplicates(code))
