-- Which events a reader may have: of its types, and its own changes only when it asks for them.
(e.type = ANY(%(shared)s)
     AND NOT (%(exclude_own)s AND (e.origin_actor = %(actor)s OR %(source)s <> '' AND e.origin_source = %(source)s))
     OR e.type = ANY(%(private)s) AND (%(source)s = '' OR e.origin_source = %(source)s))
