"""What is measured, in the order of the run."""

from __future__ import annotations

from benchmarks.items import attribution, imports, latency, readiness

ITEMS = {
    "attribution": attribution.measure,
    "readiness": readiness.measure,
    "import": imports.measure,
    "latency": latency.measure,
}
