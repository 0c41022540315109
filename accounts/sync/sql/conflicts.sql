-- Notes each field where two writes of one clock disagree: hashes only, once a pair of values.
INSERT INTO accounts_syncconflict (source_id, identity_id, field, clock, kept_hash, lost_hash)
SELECT %(source)s, s.identity_id, v.field, ARRAY[s.clock_hi, s.clock_lo], h.kept, h.lost
FROM {staged} s
JOIN {table} o ON o.id = s.object_id
CROSS JOIN LATERAL (VALUES {conflict_values}) AS v(field, bit, sent, stored)
CROSS JOIN LATERAL (
    SELECT sha256(convert_to(coalesce(CASE WHEN s.applies & v.bit <> 0 THEN v.sent ELSE v.stored END, ''), 'UTF8')),
           sha256(convert_to(coalesce(CASE WHEN s.applies & v.bit <> 0 THEN v.stored ELSE v.sent END, ''), 'UTF8'))
) AS h(kept, lost)
WHERE s.batch_id = %(batch)s AND s.conflicts & v.bit <> 0
  AND NOT EXISTS (
    SELECT FROM accounts_syncconflict c
    WHERE c.identity_id = s.identity_id AND c.field = v.field AND c.lost_hash = h.lost
      AND c.clock = ARRAY[s.clock_hi, s.clock_lo]
  )
