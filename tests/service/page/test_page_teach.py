"""A whole round of teaching: answers, the profile, what it reads, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import digit_ink
from playwright.sync_api import expect
from service.page.browsing import Open
from service.serving import Running, running

from digits import Classifier
from digits.model.inputs import normalise_tile

HEIGHTS = range(60, 96, 3)  # of the same sign, written in many sizes


def tile(character: str, height: int) -> NDArray[np.uint8]:
    return normalise_tile(digit_ink(character, height=height))


def open_nine(height: int) -> NDArray[np.uint8]:
    """A 9 that is more of a 4."""
    four, nine = (tile(digit, height).astype(np.float32) for digit in "49")
    return np.rint(0.6 * four + 0.4 * nine).astype(np.uint8)


def answered(service: Running, tile: NDArray[np.uint8], read: int, answer: int) -> None:
    with service.client() as client:
        body = {"tile": tile.tolist(), "read": read, "answer": answer, "force": True}
        assert client.post("/api/corrections", json=body).status_code == 201


def read_by(service: Running, tile: NDArray[np.uint8]) -> int:
    with service.client() as client:
        answer = client.post("/api/classify", json={"tiles": [tile.tolist()]}).json()
    return int(np.argmax(answer["probabilities"][0]))


def test_a_hand_is_taught_and_forgotten(open_page: Open, tmp_path: Path) -> None:
    """Its owner's 9 is open on top."""
    unseen = open_nine(97)
    assert Classifier("default", threads=1).predict(unseen[None])[0] == 4
    with running("--corrections", str(tmp_path / "hand")) as service:
        for place in range(20):
            answered(service, tile(str(place % 10), 80 + place), place % 10, place % 10)
        page = open_page(url=service.url).page
        body = page.locator("#teach-body")
        expect(body).to_contain_text("20 confirmed digits and 0 corrected")
        for height in HEIGHTS:
            answered(service, open_nine(height), 4, 9)
        page.reload()
        expect(body).to_contain_text(f"20 confirmed digits and {len(HEIGHTS)} corrected")

        page.get_by_role("button", name="Teach it").click()
        expect(body).to_contain_text("Your hand's profile is in use; tested on 32 of your digits")
        expect(body).to_contain_text("interval of the change")
        expect(body).to_contain_text("Other people's digits (MNIST")
        assert read_by(service, unseen) == 9

        page.get_by_role("button", name="Undo: as it came").click()
        expect(body).to_contain_text("the model that came along stays as it is")
        expect(page.get_by_role("button", name="Undo: as it came")).to_have_count(0)
        assert read_by(service, unseen) == 4


@pytest.mark.parametrize("count", [0, 4])
def test_too_few_answers_teach_nothing(open_page: Open, tmp_path: Path, count: int) -> None:
    with running("--corrections", str(tmp_path / "hand")) as service:
        for place in range(count):
            answered(service, tile(str(place), 80), place, place)
        page = open_page(url=service.url).page
        expect(page.locator("#teach-body")).to_contain_text(f"Not enough yet: {10 - count} more")
        expect(page.get_by_role("button", name="Teach it")).to_be_disabled()
