"""The page as a static site: it reads in the browser, offline too, with no server behind it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import cv2
import numpy as np

from digits.errors import DigitsError
from digits.files import write_atomically
from digits.model.bundle import Bundle
from digits.service.engine import engine_files

PAGE = Path(__file__).parent / "page"
INDEX = "index.html"
ENGINE_FOLDER = "engine"  # of the page's
MANIFEST = "manifest.webmanifest"
WORKER = "service-worker.js"
ICONS = (192, 512)  # pixels a side, those that browsers ask for
BLUE, WHITE = (208, 75, 47), (255, 255, 255)  # BGR, as in icon.svg
STROKE = np.array(  # the three of icon.svg, in its 32 × 32 units
    [
        [(11, 9.5), (13.2, 6.9), (20.6, 7.1), (20.4, 11.1)],
        [(20.4, 11.1), (20.2, 14.1), (16.8, 15), (14.6, 15.2)],
        [(14.6, 15.2), (17.6, 15.3), (21.3, 16.4), (21.1, 19.9)],
        [(21.1, 19.9), (20.8, 24.9), (12.7, 25.1), (10.1, 22.1)],
    ]
)
# a browser that obeys this asks no other host, whatever the web space sends
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
)
NO_OTHER_HOST = f"""<meta http-equiv="Content-Security-Policy" content="{POLICY}">
    """
INSTALLED = f"""<link rel="manifest" href="{MANIFEST}">
    <meta name="theme-color" content="#2f4bd0">
    <link rel="apple-touch-icon" href="page/icon-192.png">
    <script type="module" src="page/engine/install.js"></script>
  """


def write_site(out: Path, bundle: Bundle) -> int:
    """Write all files of the site into a folder, which may be there; returns their bytes.

    Raises DigitsError where the wasm build of ONNX Runtime is missing, or a file cannot be written.
    """
    site = site_files(bundle)
    if out.exists() and not out.is_dir():
        raise DigitsError(f"{out} is a file; expected a folder for the site")
    for name, content in site.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out / name, content)
    return sum(map(len, site.values()))


def site_files(bundle: Bundle, folder: Path = PAGE, *, is_served: bool = False) -> dict[str, bytes]:
    """The content of each file of the site, by its path in it; all addresses are relative.

    folder: of the page. is_served: by `digits serve`, which reads as long as it is there. Raises
    DigitsError where the wasm build of ONNX Runtime is missing.
    """
    engine = ENGINE_FOLDER + "/"
    page = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    site = {
        f"page/{name}": path.read_bytes()
        for name, path in page.items()
        if name != INDEX and not name.startswith(engine)
    }
    site |= {f"page/{engine}{name}": content for name, content in engine_files(bundle).items()}
    site |= {f"page/icon-{side}.png": icon(side) for side in ICONS}
    page_text = (folder / INDEX).read_text("utf-8")
    site[INDEX] = (installed(page_text) if is_served else offline_index(page_text)).encode()
    site[MANIFEST] = json.dumps(manifest(), indent=1).encode()
    return site | {WORKER: service_worker(site)}


def offline_index(page: str) -> str:
    """The page's HTML, told to read in the browser, to install, and to ask no other host."""
    told, count = re.subn('(<meta name="digits-engine" content=)"server"', r'\1"browser"', page)
    if count != 1:
        raise DigitsError("the page has no digits-engine to set; install the package again")
    return installed(told, NO_OTHER_HOST)


def installed(page: str, more: str = "") -> str:
    """The page's HTML, told to install; more: that stands before this in its head."""
    head, end, body = page.partition("</head>")
    if not end:
        raise DigitsError("the page has no head; install the package again")
    return head + more + INSTALLED + end + body


def manifest() -> dict[str, object]:
    """What a browser needs to install the page as an app."""
    icons = [
        {"src": f"page/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in ICONS
    ]
    return {
        "name": "Digits: write a number, see it read",
        "short_name": "Digits",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#2f4bd0",
        "icons": [*icons, icons[-1] | {"purpose": "maskable"}],
    }


def service_worker(site: dict[str, bytes]) -> bytes:
    """The script that keeps all files of the site for offline use, under a name that changes with
    any of them."""
    sums = sorted((name, hashlib.sha256(content).hexdigest()) for name, content in site.items())
    version = hashlib.sha256(json.dumps(sums).encode()).hexdigest()[:16]
    names = ["./", *(name for name, _ in sums if name != INDEX)]
    source = (PAGE / ENGINE_FOLDER / "offline.js").read_text("utf-8")
    return f'const VERSION = "{version}";\nconst FILES = {json.dumps(names)};\n{source}'.encode()


def icon(side: int) -> bytes:
    """icon.svg as a square PNG, (side, side); its corners are full, as systems cut them out."""
    fine = 4 * side
    sheet = np.full((fine, fine, 3), BLUE, np.uint8)
    t = np.linspace(0, 1, 40)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    curve = np.concatenate([sum(w * p for w, p in zip(weights, s, strict=True)) for s in STROKE])
    points = np.rint(curve * fine / 32).astype(np.int32)
    cv2.polylines(sheet, [points], False, WHITE, round(2.9 * fine / 32), cv2.LINE_AA)
    small = cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", small)[1])
