"""What the model saw: the tile, the layers, one layer's maps, one cell and its sum."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from service.page.browsing import Mouse, expect_numbers, written


def look_at(page: Page, text: str) -> None:
    Mouse(page).write(written(text, page))
    expect_numbers(page, text)
    page.locator("#saw").scroll_into_view_if_needed()
    expect(page.locator(".overview figcaption").last).to_contain_text(f"{text[-1]} with")


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(" ", ""))


def test_the_sum_of_a_cell_is_what_the_map_has(page: Page) -> None:
    look_at(page, "3")
    page.locator('[data-key="convolution 1"]').click()
    page.locator(".maps button").nth(4).click()
    expect(page.locator(".part td")).to_have_count(25)  # 5 × 5, from the tile alone
    page.locator(".big-map").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".total b")).to_be_visible()
    products = [number(each) for each in page.locator(".part td b").all_inner_texts()]
    total = page.locator(".total").inner_text()
    found = re.match(r"(−?[\d.]+) ([+−] [\d.]+) \(bias\) = (−?[\d.]+)", total)
    assert found, total
    added, bias, result = map(number, found.groups())
    assert abs(sum(products) - added) < 0.13  # each of 25 is rounded to 0.01
    assert abs(added + bias - result) < 0.02
    shown = number(page.locator(".total b").inner_text())
    assert shown == 0 or abs(shown - result) < 0.05  # cut off below 0, rounded to 8 bits

    page.locator('[data-key="convolution 2"]').click()
    expect(page.locator(".maps button")).to_have_count(64)
    page.locator(".maps button").first.click()
    expect(page.locator(".part td")).to_have_count(27)  # of three maps, the largest summands
    expect(page.locator(".total")).to_contain_text("45 other maps")


def test_layers_follow_the_pen(page: Page) -> None:
    look_at(page, "1")
    page.locator('[data-key="logits"]').click()
    expect(page.locator(".maps button")).to_have_count(10)
    page.locator("#clear").click()
    expect(page.locator("#saw")).to_contain_text("Write a digit")
    look_at(page, "26")
    expect(page.locator(".chooser button")).to_have_count(2)
    expect(page.locator(".maps button")).to_have_count(10)  # the layer that was chosen
    page.locator(".chooser button").first.click()
    expect(page.locator(".overview figcaption").last).to_contain_text("2 with")
    expect(page.locator(".overview .ten li")).to_have_count(10)
