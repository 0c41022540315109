"""Every change of state on the accounts floor, one module a noun."""
