"""Model cards name the data that a network was trained on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from digits.data.strokes import ATTRIBUTION
from digits.model.store import SHIPPED
from digits.training.card import detector_card, model_card, recogniser_card

Card = dict[str, Any]


def shipped(kind: str) -> Card:
    content: Card = json.loads((SHIPPED / "default" / kind / "model.json").read_text("utf-8"))
    return content


@pytest.mark.parametrize(
    ("kind", "card"), [("detector", detector_card), ("recogniser", recogniser_card)]
)
def test_cards_name_pen_strokes_where_people_wrote_on_the_pages(
    kind: str, card: Callable[[Card], str]
) -> None:
    facts = shipped(kind)
    facts["data"] |= {"lines": 0, "has_strokes": True}
    assert ATTRIBUTION in card(facts)
    facts["data"] |= {"has_strokes": False}
    assert ATTRIBUTION not in card(facts)
    del facts["data"]["has_strokes"]  # of networks trained before it was noted
    facts["data"] |= {"lines": 100}
    assert ATTRIBUTION in card(facts)


@pytest.mark.parametrize("tiles", ["people", "signs"])
def test_the_card_of_a_classifier_names_pen_strokes_of_its_tiles(tiles: str) -> None:
    facts = shipped("classifier")
    assert ATTRIBUTION not in model_card(facts)
    facts["recipe"]["dataset"][tiles] = 1000
    assert ATTRIBUTION in model_card(facts)
