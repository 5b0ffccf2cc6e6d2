"""The batch job with Daft instead: read pictures, write Parquet, go on after a kill.

.venv/bin/python benchmarks/daft_job.py PICTURES OUT

PICTURES  a folder of pictures
OUT       a folder for Parquet files; rows that are there are not read again

`skip_existing` finds what is done by the column `path`. It needs Daft's Ray runner, so Daft and Ray
are both installed for it: `pip install daft 'ray[data]'`.
"""

import sys
from pathlib import Path

import daft
import ray

from digits import Reader

CPUS = 2
ROWS = 25  # pictures of a partition: what a kill can lose


@daft.cls(max_concurrency=1)
class Read:
    """Reads pictures; one model load a worker."""

    def __init__(self) -> None:
        self.reader = Reader(threads=1)

    def text(self, path: str) -> str:
        outcome = self.reader.try_read(path.removeprefix("file://"))
        return outcome.reading.text if outcome.reading else f"error: {outcome.error}"


def main() -> None:
    pictures, out = (Path(argument).resolve() for argument in sys.argv[1:])
    ray.init("local", num_cpus=CPUS, include_dashboard=False, _node_ip_address="127.0.0.1")
    daft.set_runner_ray()
    rows = daft.from_glob_path(f"{pictures}/*").select("path")
    if out.is_dir():
        rows = rows.skip_existing(out, "path", "parquet", num_workers=1, cpus_per_worker=0.1)
    rows = rows.into_batches(ROWS).with_column("text", Read().text(rows["path"]))
    rows.write_parquet(str(out))
    print(f"{daft.read_parquet(f'{out}/*.parquet').count_rows()} rows in {out}")


if __name__ == "__main__":
    main()
