"""The recogniser's task: line crops, loss, metric and run folder."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from stroke_people import open_sources

from digits.errors import ModelError
from digits.model.recogniser import Recogniser
from digits.model.spec import BOUNDARY, DIGIT_TOKENS, LINE_HEIGHT, LINE_STRIDE, TOKENS
from digits.model.store import SHIPPED
from digits.reading.page.textline import crop_line
from digits.synth.page import make_pages
from digits.training import networks
from digits.training.datasets.crops import LabelledPage
from digits.training.datasets.line_crops import LineCrops
from digits.training.datasets.lines import MAX_TOKENS, Labelled, sample_line
from digits.training.fit import fit
from digits.training.recipe import Fit, Network, Pages, Recipe
from digits.training.tasks import recognition

PAGES = Pages(made=6, crops=64, validation=2)
RECIPE = Recipe(
    "little",
    Network("recogniser", (4, 8, 8, 8, 16), int8=True),
    Fit(epochs=8, batch_size=16, learning_rate=1e-2),
    pages=PAGES,
)


@pytest.fixture(scope="module")
def pages() -> list[LabelledPage]:
    made = make_pages(6, seed=3, sources=open_sources("train"), size=(192, 192))
    return [LabelledPage.from_page(page) for page in made]


@pytest.fixture(scope="module")
def folder(pages: list[LabelledPage], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a little recogniser."""
    out = tmp_path_factory.mktemp("recogniser")
    keras.utils.set_random_seed(0)
    network = networks.build(RECIPE.network)
    task = recognition.task(RECIPE, PAGES, 0, Labelled(pages), Labelled(pages[:2]))
    history = fit(network, RECIPE, task, out)
    assert history.rows[-1]["loss"] < 0.7 * history.rows[0]["loss"]
    facts = {"recipe": RECIPE.to_dict(), "seed": 0, "data": task.data} | {
        "fit_seconds": 1.0, "machine": {"cores": 1},
    }  # fmt: skip
    task.finish(network, facts, out)
    return out


def labelled_page(texts: dict[tuple[int, int], str], runs: list[int]) -> LabelledPage:
    """Digits of 20×30 pixels, 30 pixels apart from the given places on."""
    digits = [
        (int(digit), x + 30 * k, y, 20, 30)
        for (x, y), text in texts.items()
        for k, digit in enumerate(text)
    ]
    grey = np.full((200, 400), 250, np.uint8)
    for _, x, y, wide, high in digits:
        grey[y : y + high, x : x + wide] = 20
    return LabelledPage(
        grey, np.array(digits, np.float32), np.array(runs, np.int32), np.zeros((0, 4), np.float32)
    )


def is_part(tokens: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    return any(whole[at : at + len(tokens)] == tokens for at in range(len(whole) + 1))


def test_tokens_run_from_left_to_right_with_a_boundary_between_numbers() -> None:
    page = labelled_page({(60, 80): "17", (160, 80): "4"}, [0, 0, 1])
    found = {
        sample_line(Labelled([page]), np.random.default_rng(seed)).tokens for seed in range(200)
    }
    one, seven, four = (DIGIT_TOKENS.start + digit for digit in (1, 7, 4))
    assert (one, seven, BOUNDARY, four) in found
    assert (one, seven) in found
    assert (four,) in found
    assert () in found
    whole = (one, seven, BOUNDARY, four)
    assert all(is_part(tokens, whole) for tokens in found)


def test_lines_above_and_below_give_no_tokens() -> None:
    page = labelled_page({(60, 30): "12", (60, 85): "34", (60, 140): "56"}, [0, 0, 1, 1, 2, 2])
    pairs = {tuple(DIGIT_TOKENS.start + int(d) for d in text) for text in ("12", "34", "56")}
    for seed in range(100):
        tokens = sample_line(Labelled([page]), np.random.default_rng(seed)).tokens
        assert any(is_part(tokens, pair) for pair in pairs)


def test_the_digits_of_the_text_lie_in_the_crop_where_the_picture_ends_near() -> None:
    page = labelled_page({(60, 80): "174", (260, 80): "60"}, [0, 0, 0, 1, 1])
    sizes = set()
    for seed in range(200):
        sample = sample_line(Labelled([page]), np.random.default_rng(seed))
        line = crop_line(sample.grey, sample.matrix, sample.width)
        shown = cv2.connectedComponents((line < 130).astype(np.uint8))[0] - 1
        digits = sum(token != BOUNDARY for token in sample.tokens)
        assert digits <= shown <= digits + 2  # at either end a part of another
        sizes.add(sample.grey.shape)
    assert page.grey.shape in sizes
    assert len(sizes) > 20


def test_signs_and_numbers_end_a_run() -> None:
    [page] = make_pages(1, seed=8, sources=open_sources("train"), size=(256, 256))
    grey = LabelledPage.from_page(page)
    text = "|".join(number.text for number in page.numbers)
    runs = [run for run in "".join(c if c.isdigit() else "|" for c in text).split("|") if run]
    found = [np.count_nonzero(grey.runs == run) for run in np.unique(grey.runs)]
    assert found == [len(run) for run in runs]


def test_line_crops_are_a_function_of_seed_and_epoch(pages: list[LabelledPage]) -> None:
    first, second = (LineCrops(Labelled(pages), 70, 16, seed=1) for _ in range(2))
    assert len(first) == 5
    for place in (0, 4, 1):
        for one, other in zip(first[place], second[place], strict=True):
            np.testing.assert_array_equal(one, other)
    lines, texts = first[0]
    assert lines.shape[:2] == (16, LINE_HEIGHT)
    assert texts.shape == (16, MAX_TOKENS)
    second.on_epoch_end()
    assert not np.array_equal(texts, second[0][1])
    np.testing.assert_array_equal(
        second[0][1], LineCrops(Labelled(pages), 70, 16, seed=1, epoch=1)[0][1]
    )
    assert sum(len(first[place][1]) for place in range(5)) == 70


def test_accuracy_counts_whole_texts() -> None:
    texts = np.zeros((3, 4), np.int32)
    texts[0, :2] = (2, 2)
    texts[1, :1] = 5
    logits = np.zeros((3, 6, TOKENS), np.float32)
    for row, path in enumerate([(2, 2, 0, 2, 0, 0), (5, 5, 6, 0, 0, 0), (0,) * 6]):
        logits[row, np.arange(6), path] = 9
    assert np.asarray(recognition.accuracy(texts, logits)).tolist() == [1, 0, 1]


def test_the_loss_is_lowest_for_the_text() -> None:
    texts = np.zeros((1, 4), np.int32)
    texts[0, :2] = (2, 3)
    losses = []
    for path in [(0, 2, 0, 3, 0), (0, 2, 0, 4, 0), (0, 0, 0, 0, 0)]:
        logits = np.zeros((1, 5, TOKENS), np.float32)
        logits[0, np.arange(5), path] = 6
        losses.append(float(np.asarray(recognition.CTCLoss()(texts, logits))))
    assert losses == sorted(losses)


def test_a_run_folder_holds_a_recogniser(folder: Path, pages: list[LabelledPage]) -> None:
    recogniser = Recogniser(folder)
    lines = LineCrops(Labelled(pages), 16, 16, seed=5)[0][0]
    probabilities = recogniser.probabilities(list(lines))
    assert all(each.shape == (lines.shape[2] // LINE_STRIDE, TOKENS) for each in probabilities)
    assert all(np.allclose(each.sum(axis=1), 1) for each in probabilities)
    assert recogniser.model.card["score"]["n"] == 64
    assert "Reads a line of digits" in (folder / "README.md").read_text("utf-8")


def test_a_line_crop_is_read_the_same_alone_and_in_a_batch(
    folder: Path, pages: list[LabelledPage]
) -> None:
    recogniser = Recogniser(folder)
    lines = [each[:, :width] for each, width in zip(
        LineCrops(Labelled(pages), 4, 4, seed=5)[0][0], (40, 64, 50, 30), strict=True
    )]  # fmt: skip
    together = recogniser.probabilities(lines)
    for line, frames in zip(lines, together, strict=True):
        assert frames.shape[0] == -(-line.shape[1] // LINE_STRIDE)
        np.testing.assert_allclose(recogniser.probabilities([line])[0], frames, atol=0.05)
    assert recogniser.probabilities([]) == []


def test_a_detector_is_no_recogniser(folder: Path) -> None:
    with pytest.raises(ModelError, match="card of a classifier; expected that of a recogniser"):
        Recogniser(SHIPPED / "default" / "classifier")


def test_the_loss_is_the_negative_log_likelihood_also_of_an_empty_text() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(3, 12, TOKENS)).astype(np.float32)
    texts = np.zeros((3, 5), np.int32)
    texts[1, :2], texts[2, :4] = (3, 3), (1, BOUNDARY, 5, 5)
    expected = np.asarray(keras.losses.ctc(texts, logits))
    np.testing.assert_allclose(
        np.asarray(recognition.CTCLoss().call(texts, logits)), expected, rtol=1e-5
    )
