"""Run the items, print the table, write `results/latest.json`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from benchmarks.items import ITEMS
from benchmarks.result import LATEST, Result, table, write_latest
from benchmarks.server import Server
from benchmarks.timing import say

Item = Callable[[Server, float], Iterator[Result]]


def run_items(server: Server, *, scale: float, wanted: str) -> int:
    """0 when all ran, 2 when the item is unknown. A missed goal is printed as missed, not an exit code."""
    items = _chosen(ITEMS, wanted)
    if not items:
        print(f"No item {wanted!r}. There are: {', '.join(ITEMS)}.")
        return 2
    results: list[Result] = []
    began = time.perf_counter()
    for place, (name, item) in enumerate(items.items(), 1):
        started = time.perf_counter()
        say(f"[{'#' * place}{'.' * (len(items) - place)}] {name}, scale {scale:g}")
        for result in item(server, scale):
            results.append(result)
            say(f"    {result.item}: {result.seconds:.3f} s")
        say(f"    {time.perf_counter() - started:.0f} s in all")
    print(table(results))
    write_latest(results, keep_others=bool(wanted))
    missed = sum(result.met is False for result in results)
    print(
        f"\n{len(results)} measurements in {time.perf_counter() - began:.0f} s, {missed} goals missed;"
        f" written to {LATEST.relative_to(LATEST.parents[2])}"
    )
    return 0


def _chosen(items: Mapping[str, Item], wanted: str) -> dict[str, Item]:
    return {name: item for name, item in items.items() if wanted in ("", name)}
