"""Allocate: which share of its deal each touch earns, under every model version at once.

A pure function of stored rows, run by PostgreSQL over all deals of a chunk in a handful of statements;
`twin.py` says the same slowly in plain Python. Definition: the order of refusals, positions and weights,
and largest-remainder rounding of micro-units, basis and reporting basis, each by itself.

How a caller uses it, inside its own transaction:

    with connection.cursor() as cursor:
        create_tables(cursor)          # idempotent; the tables are temporary and empty after each commit
        load_rules(cursor, rules)      # fills alloc_version and alloc_position
        ...fill alloc_deal, alloc_touch, and alloc_stage, alloc_share where a model needs them (set-based)...
        allocate(cursor)                      # fills alloc_set and alloc_line
        ...drop sets whose fingerprint equals the head's, insert the rest...

The columns of all tables are described in `tables.sql`. In short: `alloc_deal` has one row per deal *as its
fact stands* (the allocator itself reads it as at `as_of`), with `restart_at` and the exchange rate resolved
by the caller; `alloc_touch` has every current touch, void ones included. `case_id` is the opportunity's id
in a live chunk.

The answer has one `alloc_set` row per (version, case). Rows of state `closed` are there for every deal out
of scope: write them only where the head exists and is not closed with the same fingerprint. `fingerprint`
hashes model version, resolved inputs without `as_of`, and lines; of a `closed` row only model and reason.
"""
