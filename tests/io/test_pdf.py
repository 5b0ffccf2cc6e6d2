"""PDF files: every page at its own resolution, and none that costs more than its pixels."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from pathlib import Path

import numpy as np
import pdf_files
import pictures
import pytest
from pdf_files import Sheet, pdf, scan

from digits.errors import PictureError
from digits.io import documents
from digits.io.picture import open_document, open_picture

pytest.importorskip("pypdfium2")

PAGE = pictures.page("2024").pixels
HEIGHT, WIDTH = PAGE.shape[:2]
LINE = b"20 w 100 100 m 300 500 l S "
INVISIBLE = b"BT /F 12 Tf 3 Tr 10 10 Td (recognised) Tj ET"
VISIBLE = b"BT /F 12 Tf 10 10 Td (written) Tj ET"


def message(content: bytes) -> str:
    with pytest.raises(PictureError) as error:
        open_picture(content)
    assert str(error.value).isprintable()
    return str(error.value)


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 601])
@pytest.mark.parametrize("more", [b"", INVISIBLE])
def test_a_scan_has_its_own_resolution(dpi: float, more: bytes) -> None:
    pixels = open_picture(pdf([scan(PAGE, dpi, more)]))
    np.testing.assert_array_equal(pixels, PAGE)


def test_a_turned_scan() -> None:
    turned = open_picture(pdf([scan(PAGE, 150, rotation=90)]))
    np.testing.assert_array_equal(turned, np.rot90(PAGE, -1))


def test_a_scan_of_strips() -> None:
    half = HEIGHT // 2
    upper, lower = PAGE[:half], PAGE[half:]
    content = b"q %d 0 0 %d 0 %d cm /I0 Do Q q %d 0 0 %d 0 0 cm /I1 Do Q" % (
        *(WIDTH, half, HEIGHT - half),
        *(WIDTH, HEIGHT - half),
    )
    pixels = open_picture(pdf([Sheet(WIDTH, HEIGHT, content, (upper, lower))]))
    np.testing.assert_array_equal(pixels, PAGE)


def test_a_page_of_lines_is_drawn_at_200_dpi() -> None:
    pixels = open_picture(pdf([Sheet(595, 842, LINE)]))
    assert pixels.shape == (2339, 1653, 3)
    assert pixels.min() == 0
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("dpi", [72, 300])
def test_what_is_written_over_a_scan_has_200_dpi_or_more(dpi: float) -> None:
    height = open_picture(pdf([scan(PAGE, dpi, VISIBLE)])).shape[0]
    assert height == pytest.approx(HEIGHT * max(200, dpi) / dpi, abs=1)


def test_a_small_picture_does_not_make_a_scan() -> None:
    content = b"q 20 0 0 20 0 0 cm /I0 Do Q "
    assert open_picture(pdf([Sheet(720, 720, content, (PAGE,))])).shape[:2] == (2000, 2000)


def test_colours_are_rgb() -> None:
    pixels = open_picture(pdf([Sheet(72, 72, b"1 0.5 0 rg 0 0 72 72 re f")]))
    assert pixels[100, 100].tolist() == [255, 128, 0]


def test_every_page_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "no ending"
    path.write_bytes(pdf([scan(PAGE, 100), scan(255 - PAGE, 200)]))
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with contextlib.closing(open_document(source)) as document:
            assert (document.count, document.are_frames) == (2, False)
            np.testing.assert_array_equal(document.pixels(2), 255 - PAGE)
            np.testing.assert_array_equal(document.pixels(1), PAGE)
            with pytest.raises(PictureError, match=r", page 3, is not read: there are 2;"):
                document.pixels(3)


def test_what_stands_before_the_file_begins() -> None:
    np.testing.assert_array_equal(open_picture(b"\r\n\r\n" + pdf([scan(PAGE, 100)])), PAGE)


# What is wrong with it


def test_an_encrypted_file() -> None:
    assert "is encrypted; expected a PDF without a password" in message(
        pdf([Sheet(72, 72)], pdf_files.ENCRYPTION)
    )


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.4" + bytes(range(256)) * 99])
def test_a_broken_file(content: bytes) -> None:
    assert "is damaged: its PDF data cannot be read; open it in a PDF program" in message(content)


def test_a_file_without_pages() -> None:
    assert "PDF file without pages" in message(pdf([])) or "damaged" in message(pdf([]))


def test_a_file_that_is_cut_off_is_mended_or_refused() -> None:
    whole = pdf([scan(PAGE, 100)])
    np.testing.assert_array_equal(open_picture(whole.rpartition(b"startxref")[0]), PAGE)
    assert "is damaged" in message(whole[: len(whole) // 3])


def test_a_broken_page_leaves_the_others() -> None:
    broken = Sheet(72, 72, is_broken=True)
    with contextlib.closing(
        open_document(pdf([scan(PAGE, 100), broken, scan(255 - PAGE, 100)]))
    ) as document:
        assert document.count == 3
        with pytest.raises(PictureError, match=r"given, page 2, is damaged: its PDF data"):
            document.pixels(2)
        np.testing.assert_array_equal(document.pixels(3), 255 - PAGE)


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert message(pdf([Sheet(72, 72)])) == (
        "the bytes object given is a PDF file, which needs pypdfium2; it is not installed: "
        'pip install "handwritten-digit-recognition[documents]"'
    )


# Limits


def test_a_page_of_200_inches_is_drawn_smaller() -> None:
    height, width = open_picture(pdf([Sheet(14_400, 14_400, LINE)])).shape[:2]
    assert height == width
    assert height**2 == pytest.approx(documents.MAXIMUM_DRAWN_PIXELS, rel=0.01)


def test_a_page_of_one_point_has_pixels() -> None:
    assert open_picture(pdf([Sheet(1, 1)])).shape == (3, 3, 3)
    assert open_picture(pdf([scan(PAGE, 1)])).shape == PAGE.shape  # of 4 by 2.6 metres


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    sheet = scan(pdf_files.claimed(10_001, 10_000), 100)
    assert "is too large: 10,001 x 10,000 pixels" in message(pdf([sheet]))


def test_pictures_that_are_drawn_again_and_again_are_counted() -> None:
    sheet = scan(pdf_files.claimed(4_000, 4_000), 100, b"/I0 Do " * 100)
    assert "too many or too large parts" in message(pdf([sheet]))


def test_pages_of_too_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAXIMUM_PARTS", 100)
    assert open_picture(pdf([Sheet(72, 72, b"0 0 1 1 re f " * 100)])).size
    assert "too many or too large parts" in message(pdf([Sheet(72, 72, b"0 0 1 1 re f " * 101)]))


def test_a_page_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAXIMUM_SECONDS", -1.0)
    many = b"0 0 72 72 re f " * 5_000
    assert "cannot be drawn within" in message(pdf([Sheet(72, 72, many)]))


def test_ten_thousand_pages_are_opened_one_by_one() -> None:
    sheet = Sheet(72, 72, LINE)
    with contextlib.closing(open_document(pdf([sheet] * 10_001))) as document:
        assert document.count == 10_001
        assert document.pixels(10_000).shape == (200, 200, 3)
        with pytest.raises(PictureError, match=r"page 10001, is not read: there are 10,001;"):
            document.pixels(10_001)


def test_threads_take_turns() -> None:
    content, right = pdf([scan(PAGE, 100)] * 3), []

    def read() -> None:
        with contextlib.closing(open_document(content)) as document:
            right.extend(np.array_equal(document.pixels(k), PAGE) for k in (1, 2, 3))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 12
