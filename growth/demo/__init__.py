"""The demo tenant: Corvane, a made-up company, its customers, deals, champions and what they did.

Every module but `load` is pure: a `Seed` in, rows out, no database and no clock. The same seed, moment and scale give
the same rows. Names are invented, every domain ends in `.example`, every row comes from the source `demo-crm`.
"""
