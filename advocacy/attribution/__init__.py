"""Attribution: which advocacy activity earned which part of which deal.

Two steps, each a pure function of stored rows: *match* (`match.py`) decides which deals an activity met and
writes touches; *allocate* (`allocate.py`) divides each deal among its touches and writes credit. Credit is
bookkeeping, not proof of cause.
"""
