-- Notes stages without a known outcome, in one order everywhere. Unique constraint accounts_unmappedstage_once.
INSERT INTO accounts_unmappedstage AS u (source_id, stage, items, first_received_at, received_at)
SELECT %(source)s, t.stage, t.items, %(at)s, %(at)s
FROM unnest(%(stages)s::varchar[], %(items)s::bigint[]) AS t(stage, items)
ORDER BY t.stage COLLATE "C"
ON CONFLICT (source_id, stage) DO UPDATE SET
    items = u.items + EXCLUDED.items, received_at = greatest(u.received_at, EXCLUDED.received_at)
