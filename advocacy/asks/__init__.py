"""Asks: how one moves from reserved to done, and what each step does to the ledger of minutes. `readiness` 6.3."""
