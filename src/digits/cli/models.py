"""digits models: the bundles that come along, and how good their networks are."""

from __future__ import annotations

import argparse
import json
from typing import Any

from digits.model.bundle import Bundle, open_bundle, shipped_bundles

MEGABYTE = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits models`."""
    parser.epilog = "Example: digits models --json"
    parser.add_argument("--json", action="store_true", help="one JSON object a line and bundle")


def run(options: argparse.Namespace) -> int:
    """List the bundles; 0 when all could be opened."""
    for name in shipped_bundles():
        content = described(open_bundle(name))
        print(json.dumps(content) if options.json else as_text(content))
    return 0


def described(bundle: Bundle) -> dict[str, Any]:
    """Name, fingerprint, bytes and networks of a bundle, JSON-ready."""
    networks = [
        {
            "kind": kind,
            "name": model.name,
            "parameters": model.card["parameters"],
            "bytes": model.card["bytes"],
            "score": model.card.get("score"),
        }
        for kind, model in bundle.models.items()
    ]
    return {
        "name": bundle.name,
        "fingerprint": bundle.fingerprint,
        "bytes": sum(each["bytes"] for each in networks),
        "networks": networks,
    }


def as_text(content: dict[str, Any]) -> str:
    """What `described` gives, for people."""
    size = content["bytes"] / MEGABYTE
    lines = [f"{content['name']}   {size:.1f} MB   fingerprint {content['fingerprint']}"]
    lines += [_network(each) for each in content["networks"]]
    return "\n".join(lines)


def _network(network: dict[str, Any]) -> str:
    size, count = network["bytes"] / MEGABYTE, network["parameters"]
    line = f"  {network['kind']:11}{network['name']:12}{size:.2f} MB {count:>10,} parameters"
    if score := network["score"]:
        line += f"   {100 * score['accuracy']:.2f} % of {score['n']:,}: {score['data']}"
    return line
