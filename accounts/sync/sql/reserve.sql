-- Takes an identity for every name that is new: of the items, and of rows of the same kind that they name.
-- An item's identity is born with its clocks, so a first load writes it once. A rival's insert is waited for and
-- then kept. Index: accounts_externalidentity_once.
INSERT INTO accounts_externalidentity (source_id, object_type, external_id, {link}, state, clock, field_clocks,
                                       related_names)
SELECT %(source)s, '{noun}', wanted.external_id,
       CASE WHEN wanted.op IS DISTINCT FROM {DELETE} THEN coalesce(wanted.match_id, nextval('{sequence}')) END,
       CASE WHEN wanted.op = {DELETE} THEN 'deleted' ELSE 'active' END,
       wanted.clock, wanted.field_clocks, wanted.related_names
FROM (
    SELECT s.external_id, s.op, s.match_id,
           CASE WHEN s.match_id IS NULL THEN ARRAY[s.clock_hi, s.clock_lo] END AS clock,
           CASE WHEN s.match_id IS NULL THEN ARRAY[{born_clocks}]::bigint[] END AS field_clocks,
           CASE WHEN s.match_id IS NULL AND s.present & {relation_bits} <> 0 THEN {sent_names} END AS related_names
    FROM {staged} s
    WHERE s.batch_id = %(batch)s AND s.op <> {UPDATE_ONLY}
    {same_kind_names}
) AS wanted
WHERE NOT EXISTS (
    SELECT FROM accounts_externalidentity i
    WHERE i.source_id = %(source)s AND i.object_type = '{noun}' AND i.external_id = wanted.external_id
)
ORDER BY wanted.external_id
ON CONFLICT DO NOTHING
RETURNING external_id
