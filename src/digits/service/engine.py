"""What the page needs to read in the browser, with no server: its engine and what that opens.

The engine is plain JavaScript (`page/engine/`). Beside it go the networks as they ship, the wasm
build of ONNX Runtime (`digits.service.runtime`), and reader.json: all that is fitted to the
networks, and the constants of the Python modules that the engine follows, so that none is written
down twice.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from digits.model.bundle import Bundle, plain
from digits.model.layers import Layers
from digits.service.runtime import runtime_files

ENGINE = Path(__file__).parent / "page" / "engine"
FOLLOWED = (
    "geometry",
    "io.colour",
    "io.number",
    "io.result",
    "model.classifier",
    "model.ctc",
    "model.explain",
    "model.inputs",
    "model.polarity",
    "model.recogniser",
    "model.spec",
    "model.tta",
    "reading.number.answer",
    "reading.number.choose",
    "reading.number.lines",
    "reading.number.route",
    "reading.number.signs",
    "reading.number.texts",
    "reading.page.accept",
    "reading.page.between",
    "reading.page.detect",
    "reading.page.fuse",
    "reading.page.greyscale",
    "reading.page.numbers",
    "reading.page.orientation",
    "reading.page.recognise",
    "reading.page.signs",
    "reading.page.textline",
    "reading.single.choose",
    "reading.single.clear",
    "reading.single.components",
    "reading.single.ink",
    "reading.single.route",
    "reading.single.ruling",
)
"""The modules of `digits` that the engine does the same as."""


def engine_files(bundle: Bundle) -> dict[str, bytes]:
    """The content of each file of the engine, by its name within page/engine/.

    Raises DigitsError where the wasm build of ONNX Runtime has not been fetched.
    """
    own = {p.relative_to(ENGINE).as_posix(): p.read_bytes() for p in ENGINE.rglob("*.js")}
    networks = {f"{kind}.onnx": model.network for kind, model in bundle.models.items()}
    runtime = {f"ort/{name}": content for name, content in runtime_files().items()}
    settings = json.dumps(reader_settings(bundle), ensure_ascii=False, separators=(",", ":"))
    return own | networks | runtime | {"reader.json": settings.encode()}


def reader_settings(bundle: Bundle) -> dict[str, Any]:
    """reader.json: name and fingerprint, networks with their calibration, the layers of the
    classifier by their tensors, parameters, and constants."""
    return {
        "name": bundle.name,
        "fingerprint": bundle.fingerprint,
        "networks": {
            kind: {"file": f"{kind}.onnx", "calibration": dict(model.calibration)}
            for kind, model in bundle.models.items()
        },
        "layers": Layers(bundle.classifier.model).tensors,
        "parameters": plain(bundle.parameters),
        "constants": {name: constants_of(name) for name in FOLLOWED},
    }


def constants_of(name: str) -> dict[str, Any]:
    """The constants of a module of `digits`: numbers, texts, and tuples of these."""
    module: ModuleType = importlib.import_module(f"digits.{name}")
    found = {key: _json_value(value) for key, value in vars(module).items() if key.isupper()}
    return {key: value for key, value in found.items() if value is not None}


def _json_value(value: Any) -> Any:
    """A constant as JSON has it; a slice as its two ends; None for what is no plain constant."""
    if isinstance(value, slice):
        return [value.start, value.stop]
    if isinstance(value, tuple):
        return [_json_value(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, int | float | str) else None
