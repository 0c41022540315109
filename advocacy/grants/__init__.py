"""Grants: what a key covers, how it moves through its states. `readiness` section 8."""
