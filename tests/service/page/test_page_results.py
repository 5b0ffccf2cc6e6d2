"""Results to take away: copied text and tables, a spreadsheet, boxes."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pictures
import pytest
from playwright.sync_api import FilePayload, Page, expect
from service.page.browsing import Mouse, expect_numbers, on_sheet, written

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def results(page: Page) -> Page:
    """A page on which two lines were drawn and one picture was read."""
    for button in page.locator("[data-out]").all():
        expect(button).to_be_disabled()  # nothing is read yet
    Mouse(page).write(written("20\n745", page, height=0.3))
    expect_numbers(page, "20", "745")
    content = pictures.png(on_sheet("31"))
    name = 'a "b", c.png'
    page.locator("#files").set_input_files(FilePayload(name=name, mimeType="", buffer=content))
    expect_numbers(page, "31")
    return page


def copied(page: Page, kind: str) -> str:
    page.locator(f"[data-out={kind}]").click()
    expect(page.locator("#out-status")).to_contain_text("copied")
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text


def downloaded(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"[data-out={kind}]").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_copied(results: Page) -> None:
    assert copied(results, "text") == "20\n745\n31"
    assert copied(results, "tsv") == "20\n745\n31\n"
    rows = list(csv.DictReader(copied(results, "csv").splitlines()))
    assert [(row["picture"], row["line"], row["number"], row["value"]) for row in rows] == [
        ("drawing", "1", "20", "20"),
        ("drawing", "2", "745", "745"),
        ('a "b", c.png', "1", "31", "31"),
    ]
    assert all(0.5 < float(row["confidence"]) <= 1 for row in rows)


def cells(archive: zipfile.ZipFile, sheet: int) -> list[list[str]]:
    root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{MAIN}row")]


def test_downloaded(results: Page, tmp_path: Path) -> None:
    path = downloaded(results, "xlsx", tmp_path)
    assert path.name == "digits.xlsx"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # well-formed
        assert cells(archive, 1) == [["20"], ["745"], ["31"]]
        [head, *rows] = cells(archive, 2)
        numeric = archive.read("xl/worksheets/sheet1.xml").count(b"<v>")
    assert head[:3] == ["picture", "line", "number"]
    assert [row[:3] for row in rows] == [
        ["drawing", "1", "20"],
        ["drawing", "2", "745"],
        ['a "b", c.png', "1", "31"],
    ]
    assert numeric == 3

    content = json.loads(downloaded(results, "json", tmp_path).read_text())
    assert [each["text"] for each in content] == ["20\n745", "31"]
    assert all(len(number["box"]) == 4 for each in content for number in each["numbers"])
    assert "tile" not in content[0]["numbers"][0]["digits"][0]
