"""digits serve: the page to draw on, and the service behind it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from digits.errors import DigitsError, require

PORT = 8000
TOKEN = "DIGITS_TOKEN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits serve`."""
    parser.epilog = "Example: digits serve --corrections corrections"
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="H", help="address to listen on (this machine only)"
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, metavar="P", help=f"default: {PORT}; 0: a free one"
    )
    parser.add_argument("--model", default="default", metavar="M", help="model name or folder")
    access = parser.add_mutually_exclusive_group()
    access.add_argument(
        "--token",
        type=_token,
        default=os.environ.get(TOKEN) or None,
        metavar="T",
        help=f"clients must show it; others see it in the list of processes, but not in ${TOKEN}",
    )
    access.add_argument("--no-auth", action="store_true", help="let anybody who can connect ask")
    parser.add_argument(
        "--corrections", type=Path, metavar="DIR", help="keep corrections in DIR (default: nowhere)"
    )
    parser.add_argument(
        "--label-studio",
        type=_address,
        metavar="URL",
        help="a Label Studio from which pictures may be fetched, with $LABEL_STUDIO_API_KEY",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the process is told to end."""
    for module in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):
        require(module, "serve")
    from digits.service.app import create_app
    from digits.service.server import listen, make_server
    from digits.service.settings import LOOPBACK, Settings

    is_local = options.host in LOOPBACK
    token = None if options.no_auth else options.token
    if not (is_local or token or options.no_auth):
        raise DigitsError(
            f"others can reach {options.host}: demand a token with --token T (or in ${TOKEN}), or "
            "let anybody ask with --no-auth"
        )
    settings = Settings(
        model=options.model,
        token=token,
        hosts=LOOPBACK if is_local and not token else None,
        corrections=options.corrections,
        label_studio=options.label_studio,
    )
    app = create_app(settings)
    with listen(options.host, options.port) as socket:
        print(_greeting(options.host, socket.getsockname()[1], settings.corrections), flush=True)
        make_server(app, settings.limits).run([socket])
    return 0


def _greeting(host: str, port: int, corrections: Path | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    kept = f"in {corrections}" if corrections else "nowhere (--corrections DIR keeps them)"
    return (
        f"digits: open http://{shown}:{port}/ in a browser; Ctrl-C ends it\n"
        f"digits: pictures are read in memory and not kept; corrections are kept {kept}"
    )


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; expected http://… or https://…")
    return text


def _token(text: str) -> str:
    if not (text.isascii() and text.isprintable() and text and " " not in text):
        raise argparse.ArgumentTypeError("expected a token of ASCII letters, digits and signs")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to 65535")
    return int(text)
