"""What is measured, in the order of the run."""

from __future__ import annotations

from benchmarks.items import attribution, feed, imports, latency, lists, push, readiness

ITEMS = {
    "attribution": attribution.measure,
    "readiness": readiness.measure,
    "import_100k": imports.measure,
    "feed_page_500": feed.measure,
    "list_depth": lists.measure,
    "bulk_200": push.measure,
    "latency": latency.measure,
}
