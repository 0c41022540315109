"""Minutes of champions and accounts, read from the ledger: budgets, what is left, what comes free. `readiness` 6.2."""

from advocacy.effort.capacity import Capacity, Frees, capacity_of

__all__ = ["Capacity", "Frees", "capacity_of"]
