-- Moves the clocks of what applied, place by place. An identity born in this batch has its clocks already.
UPDATE accounts_externalidentity i
SET clock = GREATEST(i.clock, ARRAY[s.clock_hi, s.clock_lo]),
    field_clocks = ARRAY[{merged_clocks}]::bigint[],
    state = CASE WHEN NOT s.state_wins THEN i.state WHEN s.op = {DELETE} THEN 'deleted' ELSE 'active' END,
    received_at = %(at)s
FROM {staged} s
WHERE s.batch_id = %(batch)s AND s.has_work AND i.id = s.identity_id
  AND NOT (s.is_new AND i.state = 'active')
  AND (s.applies <> 0 OR s.state_wins)
