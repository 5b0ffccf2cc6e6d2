"""How many pages a file holds, and that the first is the one opened."""

from __future__ import annotations

import numpy as np
import pictures
import pytest

from digits.io.picture import open_document, open_picture

PAGE = np.where(pictures.digit_page("7") > 128, np.uint8(255), np.uint8(0))
OTHERS = [255 - PAGE, np.zeros_like(PAGE)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_tiff(order: str, count: int) -> None:
    opened = open_document(pictures.tiff_of_pages([PAGE, *OTHERS][:count], order=order))
    assert opened.count == count
    np.testing.assert_array_equal(opened.pixels(), PAGE)


@pytest.mark.parametrize("file_type", [1, 4, 5])
def test_smaller_copies_and_masks_in_a_tiff_are_no_pages(file_type: int) -> None:
    data = pictures.tiff_of_pages([PAGE, *OTHERS], [0, file_type, 2])
    assert open_document(data).count == 2


def test_tiff_whose_last_page_names_the_first_as_its_next() -> None:
    data = bytearray(pictures.tiff_of_pages([PAGE]))
    count = int.from_bytes(data[8:10], "little")
    data[10 + 12 * count : 14 + 12 * count] = (8).to_bytes(4, "little")
    opened = open_document(bytes(data))
    assert opened.count == 1
    np.testing.assert_array_equal(opened.pixels(), PAGE)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations(suffix: str) -> None:
    opened = open_document(pictures.animation(suffix, [PAGE, *OTHERS]))
    assert opened.count == 3
    # the GIF writer dithers and the WebP writer loses some; the other frames are far off
    assert np.abs(opened.pixels().astype(int) - PAGE).mean() < 5


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".jpg", ".bmp", ".tiff", ".ppm"])
def test_a_picture_is_one_page(suffix: str) -> None:
    assert open_document(pictures.encode(suffix, PAGE)).count == 1


def test_further_pictures_behind_a_jpeg_are_no_pages() -> None:
    jpeg = pictures.encode(".jpg", PAGE)
    assert open_document(jpeg + jpeg).count == 1


def test_an_array_is_one_page() -> None:
    opened = open_document(PAGE)
    assert opened.count == 1
    np.testing.assert_array_equal(opened.pixels(), open_picture(PAGE))
