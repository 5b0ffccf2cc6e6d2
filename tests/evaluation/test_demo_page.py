from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jinja2")

from test_report import SET, N, Page, right_on

from digits.evaluation.demo import GALLERY_LIMIT, LOWEST, Curve, Exhibit, curves_of, write_demo

DRAWN = np.full((20, 30, 3), 200, np.uint8)
CURVES = (Curve("loss", (1.0, 0.1), (0.5, 0.2)), Curve("wrong, %", (30.0, LOWEST), (2.0, 1.0)))


def page(tmp_path: Path, exhibits: list[Exhibit], wrong: tuple[int, int] = (60, 5)) -> str:
    scores = [right_on(N - wrong[0], "seed"), right_on(N - wrong[1], "default")]
    write_demo(tmp_path / "report.html", scores, SET, exhibits, CURVES, 3.2)
    return (tmp_path / "report.html").read_text("utf-8")


def test_the_page_is_well_formed_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    html = page(tmp_path, [Exhibit("17_a.png", "17", ("17", "17"), DRAWN)])
    parsed = Page(html)
    assert parsed.open == []
    anchors = set(re.findall('id="([^"]+)"', html))
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= anchors
    assert not re.search("https?:", html)


def test_what_is_read_as_written_is_not_said_again(tmp_path: Path) -> None:
    html = page(tmp_path, [Exhibit("17_a.png", "17\n3", ("17\n3", "17\n3"), DRAWN)])
    assert html.count("17\n3") == 1
    assert html.count("&#10003; seed") == html.count("&#10003; default") == 1


def test_what_is_read_wrong_is_said(tmp_path: Path) -> None:
    html = page(tmp_path, [Exhibit("17_a.png", "17", ("11", ""), DRAWN)])
    assert "&#10007; seed: 11<" in html
    assert "&#10007; default: nothing<" in html


def test_how_many_pictures_each_model_reads_is_said(tmp_path: Path) -> None:
    html = page(tmp_path, [Exhibit("1.png", "1", (text, "1"), DRAWN) for text in ("7", "1", "")])
    assert "seed reads 1 of 3 as written" in html
    assert "default reads 3 of 3 as written" in html


def test_mistakes_beyond_the_limit_are_counted_once(tmp_path: Path) -> None:
    html = page(tmp_path, [])
    assert f"The {GALLERY_LIMIT} most confident of 60 wrong answers" in html
    assert "5 wrong answers, the most confident first" in html
    assert "<details>" not in html


def test_curves_are_drawn_as_text_that_stays_readable(tmp_path: Path) -> None:
    """As vectors with letters of the page, not as a picture that shrinks."""
    html = page(tmp_path, [])
    card = html[html.index("How the three layers learned") : html.index("On pictures")]
    assert card.count("<polyline") == 4
    assert "<img" not in card
    points = [
        float(value) for line in re.findall('points="([^"]+)"', card) for value in line.split()
    ]
    assert all(0 <= value <= 380 for value in points)


def test_curves_come_from_the_run_folder(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text("epoch,loss,accuracy,val_loss,val_accuracy\n1,0.5,0.9,0.25,1\n", "utf-8")
    loss, wrong = curves_of(path)
    assert (loss.learned, loss.kept_back) == ((0.5,), (0.25,))
    assert wrong.learned == pytest.approx((10,))
    assert wrong.kept_back == (LOWEST,)  # a logarithm of nothing there is not
