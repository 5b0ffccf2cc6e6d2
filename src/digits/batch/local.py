"""The engine on this machine: a worker process for each job, results written by this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from digits.batch.ledger import Done, Ledger
from digits.batch.rows import Rows
from digits.batch.shards import Item, Shard, items
from digits.batch.workers import How, Pool

Seen = Callable[[Item, list[Rows]], None]


def run(ledger: Ledger, how: How, jobs: int, seconds: float, *, retry: bool, seen: Seen) -> None:
    """Read what is not done yet, and, if `retry`, again the pictures that had an error.

    jobs: processes. seconds: that a page may take. seen: is told of each picture. Raises
    DigitsError if a part cannot be written, or no process be started.
    """
    with Pool(how, jobs, seconds) as pool:
        results = pool.read(_to_do(ledger, retry))
        for number, group in groupby(results, lambda result: result[0].shard):
            ledger.finish(number, _told(group, seen))


def _told(
    results: Iterable[tuple[Item, list[Rows]]], seen: Seen
) -> Iterator[tuple[int, list[Rows]]]:
    for item, rows in results:
        seen(item, rows)
        yield item.position, rows


def _to_do(ledger: Ledger, retry: bool) -> Iterator[Item]:
    before = dict(ledger.done)  # it grows meanwhile
    for shard in ledger.shards():
        done = before.get(shard.number)
        if done is None:
            yield from items(shard)
        elif retry and done.failed:
            yield from again(shard, done)


def again(shard: Shard, done: Done) -> Iterator[Item]:
    """The items of a shard that failed, and what follows the last one, if that failed: an archive
    may be whole now."""
    positions = {failed.position for failed in done.failed}
    last = done.pictures - 1
    for item in items(shard):
        if item.position in positions or (item.position > last and last in positions):
            yield item
