"""The detector's task: loss, metric, run folder, and recipes that are refused."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from stroke_people import open_sources

from digits.errors import ModelError, TrainingError
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.inputs import local_contrast
from digits.model.store import SHIPPED
from digits.synth.page import make_pages
from digits.training import networks
from digits.training.datasets.crops import HEATMAPS, LOSS_MASK, SIDES, LabelledPage, detector_target
from digits.training.datasets.lines import Labelled
from digits.training.export import open_detector, write_model
from digits.training.fit import fit
from digits.training.recipe import Fit, Network, Pages, Recipe, parse_recipe
from digits.training.tasks import detection

PAGES = Pages(made=6, crops=64, validation=2, side=64)
RECIPE = Recipe(
    "little",
    Network("detector", (4, 8, 8, 8)),
    Fit(epochs=8, batch_size=8, learning_rate=1e-2),
    pages=PAGES,
)


@pytest.fixture(scope="module")
def pages() -> list[LabelledPage]:
    made = make_pages(6, seed=3, sources=open_sources("train"), size=(192, 192))
    return [LabelledPage.from_page(page) for page in made]


@pytest.fixture(scope="module")
def folder(pages: list[LabelledPage], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a little detector."""
    out = tmp_path_factory.mktemp("detector")
    keras.utils.set_random_seed(0)
    network = networks.build(RECIPE.network)
    task = detection.task(RECIPE, PAGES, 0, Labelled(pages), Labelled(pages[:2]))
    history = fit(network, RECIPE, task, out)
    assert history.rows[-1]["loss"] < 0.9 * history.rows[0]["loss"]
    facts = {"recipe": RECIPE.to_dict(), "seed": 0, "data": task.data} | {
        "fit_seconds": 1.0, "machine": {"cores": 1},
    }  # fmt: skip
    task.finish(network, facts, out)
    return out


def maps_of(target: np.ndarray, logit: float) -> np.ndarray:
    """The maps (1, h, w, 14) of a network that is right, with logits of that size."""
    heatmap = np.where(target[..., HEATMAPS] > 0.999, logit, -logit)
    return np.concatenate([heatmap, target[..., SIDES]], axis=-1).astype(np.float32)[None]


def test_the_loss_is_lowest_for_the_target() -> None:
    digits = np.array([[3, 10, 10, 12, 20], [5, 40, 30, 12, 20]], np.float32)
    target = detector_target(digits, np.zeros((0, 4), np.float32), 64)
    loss = detection.DetectionLoss()
    right = float(loss(target[None], maps_of(target, 8)))
    unsure = float(loss(target[None], maps_of(target, 1)))
    empty = float(loss(target[None], np.full((1, 16, 16, 14), -8, np.float32)))
    assert 0 <= right < 0.2 < min(unsure, empty)


def test_cells_outside_the_loss_mask_cost_nothing() -> None:
    target = detector_target(np.zeros((0, 5), np.float32), np.zeros((0, 4), np.float32), 64)
    target[4:8, 4:8, LOSS_MASK] = 0
    maps = np.full((1, 16, 16, 14), -9, np.float32)
    before = float(detection.DetectionLoss()(target[None], maps))
    maps[0, 5, 5, 3] = 9
    assert float(detection.DetectionLoss()(target[None], maps)) == before
    maps[0, 12, 12, 3] = 9
    assert float(detection.DetectionLoss()(target[None], maps)) > before + 1


def test_accuracy_is_the_fraction_of_digits_classified_correctly() -> None:
    digits = np.array([[3, 10, 10, 12, 20], [5, 40, 30, 12, 20]], np.float32)
    target = detector_target(digits, np.zeros((0, 4), np.float32), 64)
    maps = maps_of(target, 5)
    assert float(detection.accuracy(target[None], maps)[0]) == 1
    maps[..., 3] = -9
    assert float(detection.accuracy(target[None], maps)[0]) == 0.5


def test_a_run_leaves_a_detector(folder: Path, pages: list[LabelledPage]) -> None:
    detector = Detector(folder)
    assert detector.model.card["kind"] == "detector"
    assert (folder / "README.md").read_text("utf-8").startswith("# little\n")
    score = detector.model.card["score"]
    assert set(score) == {"data", "n", "errors", "accuracy", "false"}
    assert detection.score_detector(detector, pages[:2]) == score
    for shape in ((64, 64), (50, 131), (16, 16)):
        assert detector.maps(np.zeros((*shape, 3), np.float32)).shape == (
            -(-shape[0] // 4), -(-shape[1] // 4), 14,
        )  # fmt: skip


def test_a_detector_is_no_classifier(folder: Path) -> None:
    with pytest.raises(ModelError, match="the card of a detector; expected that of a classifier"):
        Classifier(folder)
    with pytest.raises(ModelError, match="the card of a classifier; expected that of a detector"):
        Detector(SHIPPED / "default" / "classifier")


def test_eight_bits_give_the_same_maps(pages: list[LabelledPage], tmp_path: Path) -> None:
    from digits.training.export import export_detector
    from digits.training.quantise import quantise

    keras.utils.set_random_seed(1)
    network = networks.build(RECIPE.network)
    seen = np.stack([local_contrast(page.grey) for page in pages])
    graph = export_detector(network, seen[:2])
    small = quantise(graph, [seen])
    before, after = (open_detector(each).maps(seen[0]) for each in (graph, small))
    assert np.abs(before - after).mean() < 0.1 * before.std()
    write_model(
        small, tmp_path, {"name": "x", "kind": "detector", "calibration": {"score_threshold": 0.0}}
    )
    assert Detector(tmp_path).name == "x"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[network]\nkind = "detector"\nwidths = [4, 4, 4, 4]',
            "expected detector or recogniser with a section",
        ),
        (
            '[network]\nkind = "dense"\nwidths = [4]\n[pages]\nmade = 1\ncrops = 1',
            "expected detector",
        ),
        (
            '[network]\nkind = "detector"\nwidths = [4, 4, 4, 4]\n'
            "[pages]\nmade = 1\ncrops = 1\nside = 100",
            "side 100, expected a multiple of 16",
        ),
        (
            '[network]\nkind = "detector"\nwidths = [4, 4]\n[pages]\nmade = 1\ncrops = 1',
            "found 2 widths, expected 4",
        ),
    ],
)
def test_recipes_that_cannot_be_are_refused(text: str, complaint: str) -> None:
    fit_section = "\n[fit]\nepochs = 1\nbatch_size = 1\nlearning_rate = 1e-3"
    with pytest.raises(TrainingError, match=complaint):
        parse_recipe("odd", text + fit_section)
