"""digits read, of many pictures: in several processes, or on a cluster, and to be gone on with."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from digits.batch import local, ray
from digits.batch.ledger import Ledger
from digits.batch.rows import class_of, heading
from digits.batch.shards import Entry, entries, items, shards
from digits.batch.sinks import join
from digits.batch.workers import How, Pool
from digits.cli.many import is_going_on
from digits.cli.progress import Progress
from digits.errors import DigitsError
from digits.files import printable
from digits.model.session import cores

FORMS = {
    ".jsonl": "json", ".ndjson": "json", ".json": "json",
    ".csv": "csv", ".txt": "text", ".parquet": "parquet",
}  # fmt: skip
SECONDS = 60.0  # that a page may take unless --time-limit says otherwise
TERMINATED = 128 + 15  # as shells count what SIGTERM ends


def run(options: argparse.Namespace, sources: list[str], known: dict[str, Any]) -> int:
    """Read all pictures; 0 if every one could be read, 1 if some could not.

    known: of the pictures, as in How.
    """
    if options.annotate or options.explain or options.table:
        raise DigitsError("--annotate, --explain and --table are for a few pictures: leave the "
                          "options of many out")  # fmt: skip
    if "-" in sources:
        raise DigitsError('"-" is one picture, of which there is no second try; save it to a file')
    options.pictures = sources
    how = _how(options, known)
    if options.engine == "ray":
        return _run_on_ray(options, how)
    if options.out:
        return _run_job(options, how)
    if is_going_on(options):
        raise DigitsError("what is gone on with is in a folder or file; name it with --out")
    return _print_all(options, how)


def _print_all(options: argparse.Namespace, how: How) -> int:
    """Read, and print as it comes, in order."""
    pictures = (item for shard in shards(entries(options.pictures)) for item in items(shard))
    progress, failed = Progress(None), Counter[str]()
    first = heading(how.form)
    if first is not None:
        print(first)
    with Pool(how, options.jobs or cores(), _limit(options)) as pool:
        for item, pages in pool.read(pictures):
            for line in (value for rows in pages for value in rows.values):
                print(line, flush=True)
            failed.update([class_of(pages)])
            progress.add(item, pages)
    progress.end()
    _sum_up(failed, "")
    return int(failed[""] < failed.total())


def _run_job(options: argparse.Namespace, how: How) -> int:
    """Read into parts, and join them if a file is named."""
    out = Path(options.out)
    is_folder = options.out.endswith(("/", os.sep))
    if not is_folder and (out.is_dir() or not out.parent.is_dir()):
        raise DigitsError(
            f"cannot write {out}: expected a file in a folder that exists, or FOLDER/"
        )
    ledger = Ledger(out if is_folder else out.with_name(f"{out.name}.parts"), how.form)
    with _closing(ledger):
        _prepare(ledger, options, how)
        _read(ledger, options, how, None if is_folder else out)
    failed = ledger.errors()
    failed[""] = ledger.pictures - failed.total()
    _sum_up(failed, going_on(options, "--retry-errors"))
    return int(failed[""] < failed.total())


def _run_on_ray(options: argparse.Namespace, how: How) -> int:
    """Read on a Ray cluster, into a folder of Parquet or a URL that all its nodes can write to."""
    out = options.out or ""
    if not out.endswith(("/", os.sep)) or how.form != "parquet" or options.retry_errors:
        raise DigitsError(
            "--engine ray writes Parquet to a folder, and reads no errors again: name it with "
            "--out FOLDER/, without --json, --csv, --text and --retry-errors"
        )
    is_url = "://" in out
    folder = Path(f"{Path(out).name}.job") if is_url else Path(out)
    target = out.rstrip("/") if is_url else str(folder.resolve())
    ledger = Ledger(folder, how.form)
    with _closing(ledger):
        _prepare(ledger, options, how)
        with _told_how_to_go_on(options):
            ray.run(ledger, how, options.jobs, _limit(options), out=target)
    failed = ray.summary(target)
    _sum_up(failed, "")
    return int(failed[""] < failed.total())


@contextlib.contextmanager
def _closing(ledger: Ledger) -> Iterator[None]:
    """Close the ledger at the end, and end as by Ctrl-C if the process is told to."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        ledger.close()


@contextlib.contextmanager
def _told_how_to_go_on(options: argparse.Namespace) -> Iterator[None]:
    """Print the command that goes on, whatever stops the work."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _say(f"interrupted; go on with: {going_on(options)}")
        raise
    except DigitsError as error:
        raise DigitsError(f"{error}; then go on with: {going_on(options)}") from error


def _prepare(ledger: Ledger, options: argparse.Namespace, how: How) -> None:
    reader = how.reader()
    manifest = {
        "model": reader.bundle.name,
        "fingerprint": reader.fingerprint,
        "form": how.form,
        "engine": options.engine or "local",
        "min_confidence": how.min_confidence,
        "digits_only": not how.signs,
        **how.known,
        "expect": how.known["expect"] and how.known["expect"].words,
    }
    listing = _without(options.out, entries(options.pictures))
    if not ledger.has_job:
        ledger.begin(manifest, listing)
    elif options.extend:
        ledger.extend(manifest, listing)
    elif options.resume or options.retry_errors:
        ledger.go_on(manifest, listing)
    else:
        raise DigitsError(
            f"{ledger.folder} holds a job already; go on with --resume, or name another --out"
        )


def _without(out: str, listing: Iterator[Entry]) -> Iterator[Entry]:
    """The same entries. Raises DigitsError if the file to be written is one of them."""
    target = os.path.realpath(out) if Path(out).is_file() else None
    for entry in listing:
        if target and os.path.realpath(entry.path) == target:
            raise DigitsError(f"{out} is a picture to be read; name another file with --out")
        yield entry


def _read(ledger: Ledger, options: argparse.Namespace, how: How, out: Path | None) -> None:
    """Read what is to be read, and join the parts to a file if one is named."""
    progress, retry = Progress(ledger), options.retry_errors
    jobs, seconds = options.jobs or cores(), _limit(options)
    with _told_how_to_go_on(options):
        try:
            local.run(ledger, how, jobs, seconds, retry=retry, seen=progress.add)
        finally:
            progress.end()
        if out:
            join(ledger.parts(), out, how.form)


def _how(options: argparse.Namespace, known: dict[str, Any]) -> How:
    return How(
        model=options.model,
        form=_form(options),
        min_confidence=options.min_confidence,
        signs=not options.digits_only,
        profile=options.profile and str(options.profile),
        known=known,
    )


def _form(options: argparse.Namespace) -> str:
    """As the options say, else as the ending of --out says; else JSON, of Ray Parquet, and on the
    screen a table."""
    named = next((form for form in ("json", "text", "csv") if getattr(options, form)), None)
    if named or not options.out:
        return named or "table"
    suffix = Path(options.out).suffix.lower()
    if suffix in FORMS:
        return FORMS[suffix]
    if suffix and not options.out.endswith(("/", os.sep)):
        raise DigitsError(
            f"many pictures are written to {', '.join(FORMS)} or FOLDER/, not to {options.out}"
        )
    return "parquet" if options.engine == "ray" else "json"


def going_on(options: argparse.Namespace, how: str = "--resume") -> str:
    """The command that goes on where this one was left: this one itself, if that does already."""
    words = ["digits", *options.arguments]
    if how not in words and not (how == "--resume" and is_going_on(options)):
        words.append(how)
    return shlex.join(words)


def _limit(options: argparse.Namespace) -> float:
    return SECONDS if options.time_limit is None else float(options.time_limit)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)


def _sum_up(kinds: Counter[str], command: str) -> None:
    """Say how many pictures could not be read, by the class of their error."""
    failed = {kind: count for kind, count in kinds.most_common() if kind}
    if failed:
        classes = ", ".join(f"{count:,} {kind}" for kind, count in failed.items())
        again = f"; read them again with: {command}" if command else ""
        _say(f"{sum(failed.values()):,} of {kinds.total():,} pictures not read: {classes}{again}")


def _say(message: str) -> None:
    print(f"digits: {printable(message)}", file=sys.stderr)
