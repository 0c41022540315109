-- Moves the clocks of what applied, place by place, and the names that were sent for relations.
-- An identity born in this batch has its clocks already.
UPDATE accounts_externalidentity i
SET clock = GREATEST(i.clock, ARRAY[s.clock_hi, s.clock_lo]),
    field_clocks = ARRAY[{merged_clocks}]::bigint[],
    related_names = CASE WHEN s.applies & {relation_bits} <> 0 THEN {merged_names} ELSE i.related_names END,
    state = CASE WHEN NOT s.state_wins THEN i.state WHEN s.op = {DELETE} THEN 'deleted' ELSE 'active' END,
    received_at = %(at)s
FROM {staged} s
WHERE s.batch_id = %(batch)s AND s.has_work AND i.id = s.identity_id
  AND NOT (s.is_new AND i.state = 'active')
  AND (s.applies <> 0 OR s.state_wins)
