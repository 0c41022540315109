"""Every change of state on the advocacy floor, one module a noun."""
