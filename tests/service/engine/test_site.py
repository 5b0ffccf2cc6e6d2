"""The page as a static site: complete, relative, installable, and there when the network is not."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser
from service.engine.browser import PATIENCE, served
from service.page.browsing import expect_numbers

from digits.cli import main
from digits.service import runtime
from digits.service.engine import FOLLOWED, constants_of
from digits.service.site import ICONS, icon, service_worker

Captured = pytest.CaptureFixture[str]
FIRST_LOAD = 4_500_000  # bytes, compressed, of all that the page fetches
RUNTIME = 1_838_155  # those of ONNX Runtime's wasm as brotli 11 makes them, in half a minute
RUNTIME_SHA256 = "71aef04959c5c1b6de461b6538e2058e306610034a85aad2742d0c7fd4533fe4"


def test_export_writes_the_site(site: dict[str, bytes], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "deep" / "site"
    assert main(["export", "page", "--out", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    written = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert written == set(site) - {"blank/index.html"}


def test_export_says_what_is_missing(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "runtime_folder", lambda: tmp_path / "none")
    assert main(["export", "page", "--out", str(tmp_path / "site")]) == 2
    error = capsys.readouterr().err
    assert "run: make page" in error
    assert error.count("\n") == 1
    assert main(["export", "page"]) == 2
    assert "--out is missing" in capsys.readouterr().err


def test_a_damaged_runtime_is_refused(
    site: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for name in runtime.FILES:
        content = site[f"page/engine/ort/{name}"]
        (tmp_path / name).write_bytes(content[:-1] + b"?")
    monkeypatch.setattr(runtime, "runtime_folder", lambda: tmp_path)
    assert main(["export", "page", "--out", str(tmp_path / "site")]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_the_manifest_makes_it_an_app(site: dict[str, bytes]) -> None:
    manifest = json.loads(site["manifest.webmanifest"])
    assert manifest["start_url"] == manifest["scope"] == "./"
    for entry in manifest["icons"]:
        picture = cv2.imdecode(np.frombuffer(site[entry["src"]], np.uint8), cv2.IMREAD_COLOR)
        assert "x".join(map(str, picture.shape[:2])) == entry["sizes"]


def test_the_first_load_is_small(site: dict[str, bytes]) -> None:
    """Even with the examples, and though all but the runtime is compressed in haste here."""
    brotli = pytest.importorskip("brotli")
    name = "ort-wasm-simd-threaded.wasm"
    assert runtime.FILES[name] == RUNTIME_SHA256, "measure RUNTIME anew: benchmarks/browser.py"
    others = [content for path, content in site.items() if not path.endswith(name)]
    assert RUNTIME + sum(len(brotli.compress(each, quality=9)) for each in others) <= FIRST_LOAD


@pytest.mark.parametrize("side", ICONS)
def test_the_icon_shows_a_digit_in_its_middle(side: int) -> None:
    picture = cv2.imdecode(np.frombuffer(icon(side), np.uint8), cv2.IMREAD_GRAYSCALE)
    x, y, width, height = cv2.boundingRect((picture > 200).astype(np.uint8))
    assert 0.15 * side < min(x, y)
    assert max(x + width, y + height) < 0.85 * side


def test_the_version_changes_with_any_file(site: dict[str, bytes]) -> None:
    files = {name: content for name, content in site.items() if name != "service-worker.js"}
    changed = files | {"page/style.css": files["page/style.css"] + b" "}
    assert service_worker(files) != service_worker(changed)


@pytest.mark.parametrize("module", FOLLOWED)
def test_every_constant_can_be_handed_over(module: str) -> None:
    json.dumps(constants_of(module), allow_nan=False)


def test_it_reads_in_a_sub_folder_and_offline(browser: Browser, site: dict[str, bytes]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    below = {f"some/folder/{name}": content for name, content in site.items()}
    with served(below) as url:
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((url, "blob:", "data:"))
                else complaints.append(f"request elsewhere: {r.url}")
            ),
        )
        page.goto(f"{url}some/folder/")
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    # the server is gone from here on
    page.reload()
    page.locator("#pad").wait_for()
    pad = page.locator("#pad").bounding_box()
    assert pad
    x, y, side = pad["x"] + pad["width"] / 2, pad["y"] + pad["height"] / 4, pad["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + side, steps=12)
    page.mouse.up()
    expect_numbers(page, "1")
    assert complaints == []
    context.close()
