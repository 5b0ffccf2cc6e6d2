"""What fuzzing.py gives mutated input to: everything of the package that decodes something."""

from __future__ import annotations

import functools
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import form_pictures
import fuzz_service
import heic_files
import numpy as np
import pdf_files
import pictures

import digits
from digits.batch.ledger import Done, Failed, Ledger
from digits.batch.shards import entries, items, shards
from digits.data import corrections, idx, unipen
from digits.errors import DigitsError, PictureError
from digits.forms.fields import learn
from digits.forms.filled import FilledForm
from digits.forms.template import Form, open_form
from digits.io import sources
from digits.io.number import Number
from digits.io.picture import open_document, open_picture
from digits.model.bundle import open_bundle
from digits.model.profile import open_profile
from digits.model.store import DEFAULT, SHIPPED, open_model
from digits.reading.expect import expectation, listed, numbers_in
from digits.reading.totals import balanced
from digits.training.recipe import parse_recipe, shipped_recipes

OURS = (DigitsError,)
PLAIN = (".png", ".jpg", ".bmp", ".webp", ".tif", ".ppm", ".gif")
PAGES = 3  # of a document that are decoded
SHIPPED_NETWORK, SHIPPED_BUNDLE = SHIPPED / DEFAULT / "classifier", SHIPPED / DEFAULT
UNIPEN = b""".VERSION 1.0
.COORD X Y
.SEGMENT CHARACTER 0:0-0:2 OK "7"
.PEN_DOWN
10 20
30 20
20 60
.PEN_UP
"""
PROFILE = b"""{"schema": 1, "model": "default", "files": {"a.npz": "00"},
"votes": {"neighbours": 3, "floor": 0.5, "strength": 1}, "report": {}}"""
PATTERNS = (b"0..10/0.5", rb"\d{3}|-?\d+,\d{2}")
LISTS = (b"305\n42\n\n1066\n", b"\xef\xbb\xbf7,5\r\n-3\r\n")
PATHS = (b"a.png\nb/c.jpg\n", b"a.png\0b\n.png\0", "ä.png\r\n".encode("utf-16"))


@dataclass(frozen=True, slots=True)
class Target:
    """What decodes bytes, the errors by which it refuses them, and valid samples."""

    decode: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    samples: Callable[[], Sequence[bytes]]


def in_folder(name: str, decode: Callable[[Path], object], beside: Path | None = None):
    """A target whose bytes are a file of this name in a folder, beside the files of another."""
    folder = fuzz_service.new_folder()
    (folder / name).parent.mkdir(exist_ok=True)
    for other in beside.iterdir() if beside else ():
        if other.name != name:
            (folder / other.name).symlink_to(other)

    def decode_bytes(content: bytes) -> object:
        (folder / name).write_bytes(content)
        return decode(folder)

    return decode_bytes


# Pictures and documents


def page(text: str = "305 42", height: int = 24) -> pictures.Pixels:
    return pictures.page(text, height=height).pixels


def encoded(endings: Sequence[str]) -> list[bytes]:
    return [pictures.encode(ending, page()) for ending in endings]


def _animations() -> list[bytes]:
    frames = [page(), page()[::-1]]
    return [pictures.animation(each, frames) for each in (".gif", ".webp", ".png")]


def _tiff() -> list[bytes]:
    return [pictures.tiff_of_pages([page(), page("7")], order=order) for order in "<>"]


def _pdf() -> list[bytes]:
    drawn = b"0 0 0 rg BT /F 24 Tf 20 40 Td (305) Tj ET 20 20 80 4 re f"
    sheets = [pdf_files.scan(page(), 100), pdf_files.Sheet(200, 100, drawn)]
    return [pdf_files.pdf(sheets), pdf_files.pdf(sheets[1:])]


def _heic() -> list[bytes]:
    grey = page("7")[..., 1]
    return [heic_files.heic(grey), heic_files.heic(grey, 255 - grey, quarter_turns=1)]


def _all_pages(content: bytes) -> object:
    with closing(open_document(content)) as document:
        return [document.pixels(number) for number in range(1, min(document.count, PAGES) + 1)]


@functools.cache
def _reader() -> digits.Reader:
    return digits.Reader(threads=1)


def _read(content: bytes) -> object:
    outcome = _reader().try_read(content)
    if outcome.error and "defect" in outcome.error:
        raise RuntimeError(outcome.error)
    if outcome.error:
        raise PictureError(outcome.error)
    return outcome.reading


# Archives, as `digits read` takes them


def _members(name: str) -> Callable[[bytes], object]:
    """Everything in an archive called so; what is wrong with one of its files is a refusal."""

    def decode(folder: Path) -> object:
        listing = entries([str(folder / name)])
        found = [item for shard in shards(listing) for item in items(shard)]
        assert found, "an archive without items"
        if problems := [item.problem for item in found if item.problem]:
            raise PictureError(problems[0])
        return found

    return in_folder(name, decode)


WEB = ("000000.png", "000000.txt.jpg", "000001.png")  # a sample's files have one name


def _tar(mode: str, names: Sequence[str] = ("a/0.png", "a/1.jpg")) -> Callable[[], list[bytes]]:
    def samples() -> list[bytes]:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
            for name in names:
                content = pictures.encode(Path(name).suffix, page("7"))
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return [file.getvalue()]

    return samples


def _zip() -> list[bytes]:
    kinds = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    files = [io.BytesIO() for _ in kinds]
    for file, kind in zip(files, kinds, strict=True):
        with zipfile.ZipFile(file, "w", kind) as archive:
            archive.writestr("a/0.png", pictures.png(page("7")))
            archive.writestr("1.jpg", pictures.encode(".jpg", page("5")))
    return [file.getvalue() for file in files]


def _parquet() -> list[bytes]:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"image": [pictures.png(page("7"))] * 3, "name": ["a", "b", None]})
    paths = pyarrow.table({"path": ["a.png", "b.png"]})
    files = [io.BytesIO(), io.BytesIO()]
    pyarrow.parquet.write_table(table, files[0], row_group_size=2)
    pyarrow.parquet.write_table(paths, files[1])
    return [file.getvalue() for file in files]


# What digits itself has written: readings, forms, corrections, jobs


@functools.cache
def _reading() -> list[bytes]:
    reading = digits.read(page(height=30))
    return [json.dumps(reading.to_dict()).encode()]


def _back(content: bytes) -> object:
    """A reading, which must come back from what it gives."""
    reading = digits.Reading.from_dict(json.loads(content))
    again = json.loads(json.dumps(reading.to_dict(), allow_nan=False))
    return digits.Reading.from_dict(again)


@functools.cache
def _sum() -> list[bytes]:
    numbers = digits.read(page("12 30 42", height=30)).numbers
    return [json.dumps([number.to_dict() for number in numbers]).encode()]


def _balance(content: bytes) -> object:
    """Numbers and their total: they add up where they say so."""
    *numbers, total = map(Number.from_dict, json.loads(content))
    settled, last = balanced(numbers, total)
    if last.is_expected and last is not total:
        assert sum(number.value for number in settled) == last.value
    assert all(0 <= number.confidence <= 1 for number in (*settled, last))
    return settled


@functools.cache
def _form() -> tuple[Form, Path]:
    """A form, and the folder in which it is kept as form.json."""
    folder = fuzz_service.new_folder()
    blank = form_pictures.blank_form()
    form = learn(np.repeat(blank[..., None], 3, axis=2))
    form.save(folder / "form.json")
    return form, folder


@functools.cache
def _filled() -> list[bytes]:
    form, _ = _form()
    where = {form.fields[0].box: "305"}
    scan = form_pictures.filled_form(np.asarray(form.blank), where)
    (read,) = form.read([scan], _reader())
    return [json.dumps(read.to_dict()).encode()]


def _corrections(folder: Path) -> object:
    return corrections.Corrections(folder).load()


def _log() -> list[bytes]:
    folder = fuzz_service.new_folder()
    store = corrections.Corrections(folder)
    first = store.add(np.zeros((28, 28), np.uint8), 7, read=1, confidence=0.5)
    store.add(np.full((28, 28), 9, np.uint8), None)
    store.undo(first.id)
    return [(folder / corrections.LOG).read_bytes()]


JOB = ("manifest.json", "shards.jsonl", "journal.jsonl")


def _job_file(name: str) -> Target:
    """A file of a job's folder, whose others are as they were; the job goes on."""
    folder = fuzz_service.new_folder()
    manifest = {"model": "default", "options": {"single": True}, "form": "json"}
    listing = list(entries([str(folder / f"{k}.png") for k in range(3)]))
    done = Done(0, 0, 3, 3, (Failed(0, 0, 1, "missing"), Failed(2, 2, 1, "missing")))
    with closing(Ledger(folder, "json")) as ledger:
        ledger.begin(manifest, listing)
    (folder / "_job" / "journal.jsonl").write_text(done.to_json() + "\n")
    files = {each: (folder / "_job" / each).read_bytes() for each in JOB}

    def decode(content: bytes) -> object:
        for each, whole in files.items():
            (folder / "_job" / each).write_bytes(content if each == name else whole)
        (folder / "part-000000.jsonl").touch()
        with closing(Ledger(folder, "json")) as ledger:
            ledger.go_on(manifest, listing)
            return list(ledger.shards()), list(ledger.parts()), ledger.pictures, ledger.errors()

    return Target(decode, OURS, lambda: [files[name]])


# Data and models


def _idx() -> list[bytes]:
    values = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    return [idx.encode(values), idx.encode(np.arange(9, dtype=np.uint8))]


def _recipes() -> list[bytes]:
    folder = Path(digits.training.recipe.__file__).parent / "recipes"
    return [(folder / f"{name}.toml").read_bytes() for name in shipped_recipes()]


def _unipen(folder: Path) -> object:
    return [
        unipen.cut(unipen.read_ink(folder / "ink.dat", folder), "0"),
        list(unipen.segments(folder / "ink.dat")),
    ]


def file_of(folder: Path, name: str) -> Callable[[], list[bytes]]:
    return lambda: [(folder / name).read_bytes()]


as_text = functools.partial(bytes.decode, errors="replace")


def targets() -> dict[str, Target]:
    """All of them, by name; the folders that some need are made here."""
    found = _of_files() | _of_archives() | _of_words() | _of_results() | _of_models()
    return found | {
        name: Target(decode, (fuzz_service.Problem,), samples)
        for name, (decode, samples) in fuzz_service.bodies().items()
    }


def _of_files() -> dict[str, Target]:
    found = {
        "picture": (open_picture, lambda: encoded(PLAIN)),
        "picture: JPEG 2000, AVIF": (open_picture, lambda: encoded((".jp2", ".avif"))),
        "read": (_read, lambda: encoded(PLAIN)),
        "document: TIFF": (_all_pages, _tiff),
        "document: animation": (_all_pages, _animations),
    }
    if find_spec("pypdfium2"):
        found["document: PDF"] = (_all_pages, _pdf)
    if find_spec("pi_heif"):
        found["document: HEIC"] = (_all_pages, _heic)
    return {name: Target(decode, OURS, samples) for name, (decode, samples) in found.items()}


def _of_archives() -> dict[str, Target]:
    found = {
        "archive: tar": (_members("x.tar"), _tar("w")),
        "archive: tar.gz": (_members("x.tar.gz"), _tar("w:gz")),
        "archive: tar.xz": (_members("x.tar.xz"), _tar("w:xz")),
        "archive: WebDataset": (_members("w.tar"), _tar("w", WEB)),
        "archive: zip": (_members("x.zip"), _zip),
    }
    if find_spec("pyarrow"):
        found["archive: Parquet"] = (_members("x.parquet"), _parquet)
    return {name: Target(decode, OURS, samples) for name, (decode, samples) in found.items()}


def _of_words() -> dict[str, Target]:
    """What people write: on the command line, and into lists and recipes."""
    numbers = in_folder("ids.txt", lambda folder: listed(numbers_in(folder / "ids.txt")).words)
    return {
        "list of paths": Target(sources.listed, (), lambda: PATHS),
        "list of numbers": Target(numbers, OURS, lambda: LISTS),
        "expectation": Target(
            lambda content: expectation(as_text(content)), (ValueError,), lambda: PATTERNS
        ),
        "recipe": Target(lambda content: parse_recipe("fuzz", as_text(content)), OURS, _recipes),
    }


def _of_results() -> dict[str, Target]:
    """What the package itself has written."""
    form, folder = _form()
    wrong = (ValueError, RecursionError)
    return {
        "reading": Target(_back, wrong, _reading),
        "sum": Target(_balance, (*wrong, TypeError, LookupError), _sum),
        "form template": Target(
            in_folder("form.json", lambda folder: open_form(folder / "form.json"), folder),
            OURS,
            file_of(folder, "form.json"),
        ),
        "filled form": Target(
            lambda content: FilledForm.from_dict(json.loads(content), form), wrong, _filled
        ),
        "corrections": Target(in_folder(corrections.LOG, _corrections), OURS, _log),
        "profile": Target(in_folder("profile.json", open_profile), OURS, lambda: [PROFILE]),
    } | {f"job: {name}": _job_file(name) for name in JOB}


def _of_models() -> dict[str, Target]:
    network = functools.partial(in_folder, decode=open_model, beside=SHIPPED_NETWORK)
    bundle = in_folder("bundle.json", open_bundle, SHIPPED_BUNDLE)
    return {
        "idx": Target(lambda content: idx.parse(content, "images"), OURS, _idx),
        "unipen": Target(in_folder("ink.dat", _unipen), OURS, lambda: [UNIPEN]),
        "bundle.json": Target(bundle, OURS, file_of(SHIPPED_BUNDLE, "bundle.json")),
    } | {
        name: Target(network(name), OURS, file_of(SHIPPED_NETWORK, name))
        for name in ("model.json", "model.onnx")
    }
