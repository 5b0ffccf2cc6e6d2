"""What does it cost to list 100,000 shards, and to go on with a job of a million rows?

.venv/bin/python benchmarks/resume.py FOLDER

In FOLDER, which must be empty, a job of 1,000 shards of 1,000 paths is finished by a stand-in for
the networks, which answers at once; its journal is cut in the middle of a line, and the job goes
on. Then a job of 100,000 archives is listed, which are not there.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from digits.batch.ledger import Ledger
from digits.batch.rows import Rows
from digits.batch.shards import Entry

ROW = '{"picture": "%s", "page": 1, "text": "2024", "numbers": [%s], "schema": 2}'
NUMBER = json.dumps({"text": "2024", "confidence": 0.99, "digits": ["x" * 200] * 4})


def listing(count: int, kind: str) -> Iterator[Entry]:
    """As many files of a folder, which are not looked for."""
    known = 1 if kind == "path" else None
    return (Entry(kind, f"bucket/folder/{k:09}.{kind}", 100_000, known) for k in range(count))


def finish(ledger: Ledger) -> None:
    """Write the parts that are not done."""
    for shard in ledger.shards():
        if shard.number not in ledger.done:
            rows = ((k, [Rows((ROW % (entry.path, NUMBER),))])
                    for k, entry in enumerate(shard.entries))  # fmt: skip
            ledger.finish(shard.number, rows)


def timed(what: str, do: Callable[[], object]) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    do()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:44} {time.perf_counter() - begin:7.1f} s  {time.process_time() - cpu:7.1f} s CPU"
          f"  {peak:6.0f} MB at most", flush=True)  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1])
    ledger = Ledger(folder / "million", "json")
    timed("list 1,000,000 paths", lambda: ledger.begin({}, listing(1_000_000, "path")))
    timed("write 1,000,000 rows (no networks)", lambda: finish(ledger))
    parts = sorted((folder / "million").glob("part-*"))
    print(f"{len(parts):,} parts, {sum(part.stat().st_size for part in parts) / 1e6:,.0f} MB")
    ledger.close()
    journal = folder / "million" / "_job" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
    again = Ledger(folder / "million", "json")
    timed(
        "go on: list again, compare, clean up", lambda: again.go_on({}, listing(1_000_000, "path"))
    )
    print(f"{len(again.done):,} parts were kept")
    timed("write the rest", lambda: finish(again))
    names = [json.loads(line)["picture"]
             for part in again.parts() for line in part.open(encoding="utf-8")]  # fmt: skip
    print(f"{len(names):,} rows, {len(set(names)):,} different pictures")
    again.close()
    many = Ledger(folder / "many", "json")
    timed("list 100,000 archives", lambda: many.begin({}, listing(100_000, "tar")))
    timed("go on with them: list again, compare", lambda: many.go_on({}, listing(100_000, "tar")))
    many.close()


if __name__ == "__main__":
    main()
