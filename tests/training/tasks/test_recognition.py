"""The lesson of strips: what is learned, what is left behind."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from digits.errors import ModelError
from digits.model.recogniser import Recogniser
from digits.model.spec import BOUNDARY, DIGIT_TOKENS, LINE_HEIGHT, LINE_STRIDE
from digits.reading.page.textline import cut_strip
from digits.synth.page import make_pages
from digits.synth.sources import Sources
from digits.training import networks
from digits.training.datasets.crops import GreyPage
from digits.training.datasets.lines import Strips, choose_strip
from digits.training.fit import fit
from digits.training.recipe import Fit, Network, Pages, Recipe
from digits.training.tasks import recognition

PAGES = Pages(made=6, crops=64, validation=2)
RECIPE = Recipe(
    "little",
    Network("recogniser", (4, 8, 8, 8, 16), int8=True),
    Fit(epochs=3, batch_size=16, learning_rate=1e-2),
    pages=PAGES,
)


@pytest.fixture(scope="module")
def pages() -> list[GreyPage]:
    made = make_pages(6, seed=3, sources=Sources.open("train"), size=(192, 192))
    return [GreyPage.of(page) for page in made]


@pytest.fixture(scope="module")
def folder(pages: list[GreyPage], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a little recogniser."""
    out = tmp_path_factory.mktemp("recogniser")
    keras.utils.set_random_seed(0)
    network = networks.build(RECIPE.network)
    lesson = recognition.lesson(RECIPE, PAGES, 0, pages, pages[:2])
    history = fit(network, RECIPE, lesson, out)
    assert history.rows[-1]["loss"] < 0.7 * history.rows[0]["loss"]
    facts = {"recipe": RECIPE.to_dict(), "seed": 0, "data": lesson.data} | {
        "fit_seconds": 1.0, "machine": {"cores": 1},
    }  # fmt: skip
    lesson.finish(network, facts, out)
    return out


def a_page(texts: dict[tuple[int, int], str], runs: list[int]) -> GreyPage:
    """Digits of 20×30 pixels, 30 pixels apart from the given places on."""
    digits = [
        (int(digit), x + 30 * k, y, 20, 30)
        for (x, y), text in texts.items()
        for k, digit in enumerate(text)
    ]
    grey = np.full((200, 400), 250, np.uint8)
    for _, x, y, wide, high in digits:
        grey[y : y + high, x : x + wide] = 20
    return GreyPage(
        grey, np.array(digits, np.float32), np.array(runs, np.int32), np.zeros((0, 4), np.float32)
    )


def is_part(tokens: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    return any(whole[at : at + len(tokens)] == tokens for at in range(len(whole) + 1))


def test_a_strip_is_read_from_left_to_right_and_numbers_are_parted() -> None:
    page = a_page({(60, 80): "17", (160, 80): "4"}, [0, 0, 1])
    found = {choose_strip([page], np.random.default_rng(seed)).tokens for seed in range(200)}
    one, seven, four = (DIGIT_TOKENS.start + digit for digit in (1, 7, 4))
    assert (one, seven, BOUNDARY, four) in found
    assert (one, seven) in found
    assert (four,) in found
    assert () in found
    whole = (one, seven, BOUNDARY, four)
    assert all(is_part(tokens, whole) for tokens in found)


def test_lines_above_and_below_are_not_read() -> None:
    page = a_page({(60, 30): "12", (60, 85): "34", (60, 140): "56"}, [0, 0, 1, 1, 2, 2])
    pairs = {tuple(DIGIT_TOKENS.start + int(d) for d in text) for text in ("12", "34", "56")}
    for seed in range(100):
        tokens = choose_strip([page], np.random.default_rng(seed)).tokens
        assert any(is_part(tokens, pair) for pair in pairs)


def test_what_is_read_is_in_the_strip_though_the_picture_ends_near() -> None:
    page = a_page({(60, 80): "174", (260, 80): "60"}, [0, 0, 0, 1, 1])
    sizes = set()
    for seed in range(200):
        chosen = choose_strip([page], np.random.default_rng(seed))
        strip = cut_strip(chosen.grey, chosen.matrix, chosen.width)
        shown = cv2.connectedComponents((strip < 130).astype(np.uint8))[0] - 1
        digits = sum(token != BOUNDARY for token in chosen.tokens)
        assert digits <= shown <= digits + 2  # at either end a part of another
        sizes.add(chosen.grey.shape)
    assert page.grey.shape in sizes
    assert len(sizes) > 20


def test_runs_are_parted_by_signs_and_numbers() -> None:
    [page] = make_pages(1, seed=8, sources=Sources.open("train"), size=(256, 256))
    grey = GreyPage.of(page)
    text = "|".join(number.text for number in page.numbers)
    runs = [run for run in "".join(c if c.isdigit() else "|" for c in text).split("|") if run]
    found = [np.count_nonzero(grey.runs == run) for run in np.unique(grey.runs)]
    assert found == [len(run) for run in runs]


def test_which_strips_is_a_function_of_seed_and_epoch(pages: list[GreyPage]) -> None:
    first, second = (Strips(pages, 70, 16, seed=1) for _ in range(2))
    assert len(first) == 5
    for place in (0, 4, 1):
        for one, other in zip(first[place], second[place], strict=True):
            np.testing.assert_array_equal(one, other)
    strips, texts = first[0]
    assert strips.shape[:2] == (16, LINE_HEIGHT)
    assert texts.shape == (16, 32)
    second.on_epoch_end()
    assert not np.array_equal(texts, second[0][1])
    np.testing.assert_array_equal(second[0][1], Strips(pages, 70, 16, seed=1, epoch=1)[0][1])
    assert sum(len(first[place][1]) for place in range(5)) == 70


def test_accuracy_counts_texts_that_are_right_as_a_whole() -> None:
    wanted = np.zeros((3, 4), np.int32)
    wanted[0, :2] = (2, 2)
    wanted[1, :1] = 5
    said = np.zeros((3, 6, 12), np.float32)
    for row, path in enumerate([(2, 2, 0, 2, 0, 0), (5, 5, 6, 0, 0, 0), (0,) * 6]):
        said[row, np.arange(6), path] = 9
    assert np.asarray(recognition.accuracy(wanted, said)).tolist() == [1, 0, 1]


def test_the_loss_is_least_for_what_is_wanted() -> None:
    wanted = np.zeros((1, 4), np.int32)
    wanted[0, :2] = (2, 3)
    losses = []
    for path in [(0, 2, 0, 3, 0), (0, 2, 0, 4, 0), (0, 0, 0, 0, 0)]:
        said = np.zeros((1, 5, 12), np.float32)
        said[0, np.arange(5), path] = 6
        losses.append(float(np.asarray(recognition.Misspelt()(wanted, said))))
    assert losses == sorted(losses)


def test_a_run_folder_holds_a_recogniser(folder: Path, pages: list[GreyPage]) -> None:
    recogniser = Recogniser(folder)
    strips = Strips(pages, 16, 16, seed=5)[0][0]
    said = recogniser.probabilities(list(strips))
    assert all(each.shape == (strips.shape[2] // LINE_STRIDE, 12) for each in said)
    assert all(np.allclose(each.sum(axis=1), 1) for each in said)
    assert recogniser.model.card["score"]["n"] == 64
    assert "reads lines of digits" in (folder / "README.md").read_text("utf-8")


def test_strips_are_read_alike_alone_and_among_others(folder: Path, pages: list[GreyPage]) -> None:
    recogniser = Recogniser(folder)
    strips = [each[:, :width] for each, width in zip(
        Strips(pages, 4, 4, seed=5)[0][0], (40, 64, 50, 30), strict=True
    )]  # fmt: skip
    together = recogniser.probabilities(strips)
    for strip, said in zip(strips, together, strict=True):
        assert said.shape[0] == -(-strip.shape[1] // LINE_STRIDE)
        np.testing.assert_allclose(recogniser.probabilities([strip])[0], said, atol=0.05)
    assert recogniser.probabilities([]) == []


def test_a_detector_is_no_recogniser(folder: Path) -> None:
    with pytest.raises(ModelError, match="card of a classifier; expected that of a recogniser"):
        Recogniser("default")
