from __future__ import annotations

import base64
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("jinja2")

from answering import Answering

from digits.errors import DigitsError
from digits.evaluation.figures import data_uri
from digits.evaluation.report import GALLERY_LIMIT, render, write_report
from digits.evaluation.score import Score, TestSet, score

N = 400
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 10, N).astype(np.uint8)
SET = TestSet(
    "made-up <set>", RANDOM.integers(0, 256, (N, 28, 28)).astype(np.uint8), LABELS, {0: (4, 9)}
)


def right_on(n: int, name: str = "model") -> Score:
    """A model that reads the last n digits right and the others as the next digit."""
    probabilities = np.full((N, 10), 0.01, np.float32)
    answers = np.where(np.arange(N) >= N - n, LABELS, (LABELS + 1) % 10)
    probabilities[np.arange(N), answers] = 0.91
    return score(name, Answering(probabilities), SET)


class Page(HTMLParser):
    """Names of the tags, links, and whether every tag is closed."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("rights", [[N - 5], [N - 9, N], [N], [0]])
def test_the_page_is_well_formed_and_needs_nothing_but_itself(rights: list[int]) -> None:
    html = render([right_on(n) for n in rights], SET)
    page = Page(html)

    assert page.open == []
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "url(" not in html
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert all(link.startswith(("data:image/png;base64,", "#model-")) for link in page.links)


def test_names_are_escaped() -> None:
    html = render([right_on(N - 5, "<b>x"), right_on(N, "y&z")], SET)

    assert "<b>x" not in html
    assert "&lt;b&gt;x" in html
    assert "y&amp;z" in html
    assert "made-up &lt;set&gt;" in html


def test_every_mistake_is_shown_up_to_the_limit() -> None:
    few = Page(render([right_on(N - 7)], SET))
    assert few.tags.count("img") == 2 * 7  # each as it is, and with its reasons
    many = render([right_on(0)], SET)
    assert Page(many).tags.count("img") == 2 * GALLERY_LIMIT
    assert f"The {GALLERY_LIMIT} most confident of {N} wrong answers" in many
    assert f"<summary>{GALLERY_LIMIT - 40} more</summary>" in many


@pytest.mark.parametrize("wrong", [1, 39, 40, 41, GALLERY_LIMIT, GALLERY_LIMIT + 1])
def test_the_mistakes_on_demand_are_counted_right(wrong: int) -> None:
    html = render([right_on(N - wrong)], SET)
    shown, more = html.partition("<details>")[::2]
    assert shown.count('class="reason"') == min(wrong, 40)
    assert more.count('class="reason"') == min(wrong, GALLERY_LIMIT) - min(wrong, 40)
    assert (f"{min(wrong, GALLERY_LIMIT) - 40} more<" in html) == (wrong > 40)
    assert ">0 more" not in html


def test_a_model_without_mistakes_is_said_to_have_none() -> None:
    assert "all 400 answers are right" in render([right_on(N)], SET)


def test_several_models_are_compared_first() -> None:
    html = render([right_on(N - 30, "poor"), right_on(N - 2, "fine")], SET)

    assert html.index("Side by side") < html.index("Digit by digit")
    assert "fine is better beyond chance" in html
    assert "Side by side" not in render([right_on(N)], SET)


def test_the_page_shows_what_remains_wrong_of_the_sure_answers() -> None:
    html = render([right_on(N - 40)], SET)
    card = html[html.index("If only sure answers are kept") : html.index("The mistakes")]

    assert "99.9\N{NO-BREAK SPACE}% right: 0.00\N{NO-BREAK SPACE}% kept" in card
    assert card.count("<polyline") == 1
    assert 'y="0" points' not in card
    right = render([right_on(N)], SET)
    assert "99.99\N{NO-BREAK SPACE}% right: 100.00\N{NO-BREAK SPACE}% kept" in right


def test_models_are_compared_also_by_what_can_be_kept() -> None:
    html = render([right_on(N - 30, "poor"), right_on(N, "fine")], SET)

    kept = 'data-label="kept at 99.9\N{NO-BREAK SPACE}%">'
    assert [part[:4] for part in html.split(kept)[1:]] == ["0.00", "100."]


def test_disputed_mistakes_are_marked() -> None:
    assert "disputed: people saw 4 or 9" in render([right_on(N - 1)], SET)
    assert "disputed: people saw" not in render([right_on(N)], SET)


def test_the_report_replaces_an_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "auswertung ü.html"
    path.write_text("old")

    write_report(path, [right_on(N)], SET)

    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DigitsError, match=r"cannot write .*nowhere"):
        write_report(tmp_path / "nowhere" / "report.html", [right_on(N)], SET)


@pytest.mark.parametrize("shape", [(28, 28), (5, 7, 3)])
def test_pictures_survive_the_way_into_the_page(shape: tuple[int, ...]) -> None:
    picture: NDArray[np.uint8] = RANDOM.integers(0, 256, shape).astype(np.uint8)

    png = base64.b64decode(data_uri(picture).removeprefix("data:image/png;base64,"))
    found = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)

    expected = picture if picture.ndim == 2 else picture[..., ::-1]
    np.testing.assert_array_equal(found, expected)


def test_evaluation_loads_nothing_heavy() -> None:
    program = (
        "import sys, digits.evaluation.report, digits.evaluation.screen, digits.cli.evaluate; "
        "print({'matplotlib', 'jinja2', 'keras', 'tensorflow'} & set(sys.modules))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert output == "set()\n"
