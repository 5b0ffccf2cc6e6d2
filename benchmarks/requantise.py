"""Put networks that ship into 8 bits anew, from their weights in 32 bits.

.venv/bin/python benchmarks/requantise.py FOLDER …

FOLDER  of a network, such as src/digits/model/shipped/default/detector

Writes model.onnx, and model.json with its calibration and score. Ranges of activations come
from data that the network's recipe makes; weights stay as they were trained.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import keras

from digits.model.bundle import update_sums
from digits.model.store import CARD, SHIPPED, SOURCE
from digits.training.fit import task_of
from digits.training.recipe import load_recipe

PAGES, LINES = 200, 2000  # of which ranges are measured
MEASURED = {"calibration", "score", "sha256", "bytes"}  # keys of a card


def requantise(folder: Path) -> None:
    """Export a network's weights again, and print its score before and now."""
    card = json.loads((folder / CARD).read_text("utf-8"))
    whole = recipe = load_recipe(card["recipe"]["name"])
    if recipe.pages is not None:
        lines = min(LINES, recipe.pages.lines)
        recipe = replace(recipe, pages=replace(recipe.pages, made=PAGES, lines=lines))
    network = keras.models.load_model(folder / SOURCE, compile=False)
    trained = {key: value for key, value in card.items() if key not in MEASURED}
    trained["recipe"] = whole.to_dict()  # whose keys may have had other names
    with tempfile.TemporaryDirectory() as scratch:
        task = task_of(recipe, card["seed"], None, Path(scratch))
        task.finish(network, trained, folder)
    now = json.loads((folder / CARD).read_text("utf-8"))
    for key in ("calibration", "score"):
        print(f"{folder.name} {key}: {card[key]} -> {now[key]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        requantise(folder)
    for bundle in ("default", "large"):
        update_sums(SHIPPED / bundle)


if __name__ == "__main__":
    main()
