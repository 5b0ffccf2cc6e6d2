from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
import pytest

from digits.errors import TrainingError
from digits.model.spec import TOKENS
from digits.training import networks
from digits.training.recipe import (
    Ensemble,
    load_recipe,
    parse_recipe,
    shipped_recipes,
    with_defaults,
)

WHOLE = """
[network]
kind = "residual"
widths = [4, 8]

[dataset]
drawn = 10
clutter = 0
validation = 100

[augmentation]
size = 56
rotation = 10
stroke = 0.5

[fit]
epochs = 2
batch_size = 32
learning_rate = 1e-3
compile = false
"""


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_parse_and_build(name: str) -> None:
    recipe = load_recipe(name)

    assert recipe.name == name
    network = networks.build(recipe.network)
    shapes = network.input_shape, network.output_shape
    expected = {
        "detector": ((None, None, None, 3), (None, None, None, 14)),
        "recogniser": ((None, 48, None, 3), (None, None, TOKENS)),
    }
    assert shapes == expected.get(recipe.network.kind, ((None, 28, 28), (None, 10)))


def test_seed_is_the_lessons_network() -> None:
    recipe = load_recipe("seed")
    flatten, hidden, scores = networks.build(recipe.network).layers

    assert isinstance(flatten, keras.layers.Flatten)
    assert (type(hidden), hidden.activation) == (keras.layers.Dense, keras.activations.relu)
    assert (type(scores), scores.activation) == (keras.layers.Dense, keras.activations.softmax)
    assert scores.units == 10
    assert recipe.fit.epochs == 20
    assert (recipe.dataset.drawn, recipe.dataset.clutter) == (0, 0)


def test_a_file_is_a_recipe_named_after_it(tmp_path: Path) -> None:
    path = tmp_path / "mein Rezept ä.toml"
    path.write_text(WHOLE, "utf-8")

    recipe = load_recipe(str(path))

    assert recipe.name == "mein Rezept ä"
    assert recipe.network.widths == (4, 8)
    assert recipe.augmentation.rotation == 10
    assert recipe.augmentation.blur == 0


def test_a_recipe_survives_json() -> None:
    plain = parse_recipe("whole", WHOLE).to_dict()

    assert json.loads(json.dumps(plain)) | {"network": None} == plain | {"network": None}
    assert plain["fit"]["learning_rate"] == 1e-3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "stroke = 0.5",
            "stroke = 0.5\n[finish]\nepochs=1\nlearning_rate=1e-3\ndistil_from=3",
            "key distil_from: found 3, expected a text",
        ),
        (
            "stroke = 0.5",
            "stroke = 0.5\n[finish]\nepochs=1\nlearning_rate=1e-3\ndistil_weight=1",
            "found distil_weight 1, expected less",
        ),
        (
            'kind = "residual"\nwidths = [4, 8]',
            'kind = "dense"\nwidths = [4]\n[finish]\nepochs=1\nlearning_rate=1e-3\ndistil_from="a"',
            "found dense and distil_from, expected a kind that gives ten logits",
        ),
        ("[dataset]", "[datasets]", "sections .*'datasets'.*expected network and fit"),
        (WHOLE[WHOLE.index("[fit]") :], "", "expected network and fit"),
        ("[network]", "[[network]]", r"section \[network\]: expected a table"),
        ("epochs = 2", "epoch = 2", "unknown key 'epoch'; expected epochs, batch_size"),
        ("epochs = 2", "", r"\[fit\]: lacks epochs"),
        ("epochs = 2", "epochs = 0", "key epochs: found 0, expected a whole number of 1 or more"),
        ("epochs = 2", "epochs = 2.0", "found 2.0, expected a whole number"),
        ("epochs = 2", "epochs = true", "found True, expected a whole number"),
        ("batch_size = 32", "batch_size = -1", "key batch_size: found -1"),
        ("drawn = 10", "drawn = -1", "found -1, expected a whole number of 0 or more"),
        ("validation = 100", "validation = 0", "found 0, expected a whole number of 1 or more"),
        ("1e-3", "'fast'", "key learning_rate: found 'fast', expected a number of 0 or more"),
        ("1e-3", "nan", "found nan"),
        ("1e-3", "inf", "found inf"),
        ("compile = false", "compile = 0", "found 0, expected true or false"),
        ("rotation = 10", "rotation = -1", "found -1, expected a number of 0 or more"),
        ("rotation = 10", "blur = 1.5", "key blur: found 1.5, expected a number from 0 to 1"),
        ("stroke = 0.5", "stroke = 0.6", "expected at most 0.5"),
        ("compile = false", "init_weight = 0.5", "init_weight 0.5, expected init_from as well"),
        ("size = 56", "size = 42", "found size 42, expected a multiple of 28"),
        ('"residual"', '"transformer"', 'found \'transformer\', expected "dense" or .* "residual"'),
        ("[4, 8]", "[]", "found 0 widths"),
        ("[4, 8]", "8", "found 8, expected a list"),
        ("[4, 8]", "[4, 0]", r"found \[4, 0\], expected a list of whole numbers of 1"),
        ('"residual"', '"dense"', "found 2 widths, expected 1 for dense"),
        ("size = 56", "size 56", "not valid TOML.*line"),
        pytest.param("size = 56", "size = " + "[" * 100_000, "not valid TOML", id="brackets"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(TrainingError, match=f"recipe 'mine'.*{message}") as error:
        parse_recipe("mine", WHOLE.replace(old, new))
    assert "\n" not in str(error.value)


def test_an_unknown_name_lists_the_recipes_there_are() -> None:
    names = ", ".join(shipped_recipes())
    with pytest.raises(TrainingError, match=f"no recipe 'sead': expected .*{names}"):
        load_recipe("sead")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="no file of text"):
        load_recipe(str(tmp_path / "a.toml"))
    with pytest.raises(TrainingError, match="no recipe"):
        load_recipe(str(tmp_path))


def test_a_recipe_is_based_on_another() -> None:
    recipe = parse_recipe(
        "own", 'based_on = "default"\n[fit]\nepochs = 3\n[ensemble]\nmodels = ["large"]'
    )
    default = load_recipe("default")
    assert recipe.fit == replace(default.fit, epochs=3)
    assert recipe.ensemble == Ensemble(("large",))
    assert replace(recipe, name="default", fit=default.fit, ensemble=None) == default


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('based_on = "nothing"', "is based on 'nothing'; expected one of"),
        ('based_on = "own"', "is based on 'own'; expected one of"),
        (
            'based_on = "default"\n[ensemble]\nmodels = []',
            "found \\[\\], expected a list of one text",
        ),
        (
            'based_on = "seed"\n[ensemble]\nmodels = ["large"]',
            "found dense, expected a kind of network",
        ),
    ],
)
def test_impossible_bases_and_ensembles_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(TrainingError, match=complaint):
        parse_recipe("own", text)


def test_a_saved_recipe_gets_the_defaults_of_later_keys() -> None:
    now = load_recipe("default").to_dict()
    earlier = {
        title: {key: each for key, each in section.items() if key not in ("people", "signs")}
        if title == "dataset"
        else section
        for title, section in now.items()
    }
    assert earlier != now
    assert with_defaults(earlier) == now
    assert with_defaults(now) == now
    other = now | {"dataset": now["dataset"] | {"people": 5}}
    assert with_defaults(other) == other
