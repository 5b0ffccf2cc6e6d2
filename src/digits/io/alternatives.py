"""What each place of a text may be → the whole texts, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

Choice = tuple[str, float]  # what may stand at a place, and its probability


def likeliest_first(places: Sequence[Sequence[Choice]]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every way to take one choice a place, and how likely it is in relation to the first, falling.

    places: the choices of each, the likeliest first. Lazy: the first few of many cost little.
    """
    # A way is the index of its choice at each place. It follows from one that is as likely or more,
    # by the next choice at the last place where that has not the first, or at a later one.
    ways: list[tuple[float, tuple[int, ...], int]] = [(-1.0, (0,) * len(places), 0)]
    while ways:
        falling, way, last = heappop(ways)
        yield tuple(choices[k][0] for choices, k in zip(places, way, strict=True)), -falling
        for place in range(last, len(places)):
            choices, k = places[place], way[place]
            if k + 1 < len(choices) and choices[k][1] > 0:
                probability = -falling * choices[k + 1][1] / choices[k][1]
                heappush(ways, (-probability, (*way[:place], k + 1, *way[place + 1 :]), place))
