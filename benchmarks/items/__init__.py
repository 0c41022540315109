"""What is measured, in the order of the run."""

from __future__ import annotations

from benchmarks.items import attribution, readiness

ITEMS = {
    "attribution": attribution.measure,
    "readiness": readiness.measure,
}
