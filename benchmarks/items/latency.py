"""How long a reader waits while a full run writes: one explained line, one list page over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from advocacy.attribution.explain import explain_line
from advocacy.choices import RunKind
from advocacy.models import Credit
from benchmarks.data import Sizes, fill
from benchmarks.items.attribution import run_attribution
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.tables import execute, without_triggers
from benchmarks.timing import percentile

SCALE: Final = 0.2  # enough lines for a long run and for lists that do not fit a page
MOST: Final = 400  # readings of each kind
LIMIT_SECONDS: Final = 0.150
EXPLAIN: Final = "explain one credit line"
PAGE: Final = "/api/v1/attributions?limit=200"


def measure(server: Server, scale: float) -> Iterator[Result]:
    """Every deal gets another amount, so that the run in the background has everything to write."""
    at = timezone.now()
    with server.database("bench_latency"):
        fill(Sizes.of_attribution(SCALE * scale, at))
        run_attribution(RunKind.FULL, at)
        with without_triggers():
            execute("UPDATE advocacy_opportunityfact SET amount = amount + 1")
        lines = list(Credit.objects.values_list("pk", flat=True)[:20_000])
        client = Client()
        client.force_login(
            User.objects.create_superuser("bench@corvane.example"), "django.contrib.auth.backends.ModelBackend"
        )
        dice = Random(7)
        readings = {
            EXPLAIN: lambda: explain_line(Credit.objects.get(pk=dice.choice(lines))),
            "attributions, page of 200": lambda: _page(client),
        }
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(_run_apart)
            seconds = _read(readings, until=writing.done)
            writing.result()
        for name, taken in seconds.items():
            p95 = percentile(taken, 0.95)
            yield Result(
                item=f"{name}, while a full run writes",
                scale=SCALE * scale,
                rows=len(taken),
                seconds=p95,
                goal="p95 <= 150 ms" if name == EXPLAIN else "",
                met=p95 <= LIMIT_SECONDS if name == EXPLAIN else None,
                note=f"p50 {percentile(taken, 0.5) * 1000:.0f} ms, p95 shown, {len(taken)} readings",
            )


def _page(client: Client) -> None:
    assert client.get(PAGE).status_code == 200


def _run_apart() -> None:
    try:
        run_attribution(RunKind.FULL, timezone.now())
    finally:
        connection.close()  # this thread's own


def _read(readings: Mapping[str, Callable[[], object]], *, until: Callable[[], bool]) -> dict[str, list[float]]:
    """Readings take turns until the run has ended or there are enough; one of each goes first, untimed."""
    seconds: dict[str, list[float]] = {name: [] for name in readings}
    for read in readings.values():
        read()
    while not until() and len(next(iter(seconds.values()))) < MOST:
        for name, read in readings.items():
            started = time.perf_counter()
            read()
            seconds[name].append(time.perf_counter() - started)
    return seconds
