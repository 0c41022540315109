-- Finds the row of every item and compares clock by clock and value by value; writes nothing but the staging table.
-- Run once for all, and again for the items with work after their identities are locked.
-- A name merged away stands for its winner's identity `i`: `is_passed_on` when the item is newer than the merge.
-- Bits of newer, tie, differ and greater: the field's clock is newer or equal, its value differs, sorts higher.
-- Renamed: a relation was sent by another name than the stored one, though both may lead to one row after merges.
-- OFFSET 0: each step is computed once a row and stored nowhere. The staged row is found again by its place: joined by
-- line, a small batch (of which the planner expects one row) was compared anew for each of its rows, 200 times slower.
-- Names find their identities by one step in the index each (`statements.py`): joined, 970 items of a source that
-- statistics did not know yet were compared with its 5,820 names one by one, 15 s instead of 0.1 s.
-- Indexes: accounts_externalidentity_once, the primary key of {table}.
WITH facts AS (
    SELECT s.ctid AS place, s.op, s.present, s.match_id,
           {is_redirected} AS is_redirected, {is_passed_on} AS is_passed_on,
           i.id AS identity_id, i.state, i.{link} AS own_id,
           i.field_clocks AS clocks,
           o.id IS NULL AND i.{link} IS NOT NULL AS is_new,
           o.deleted_at IS NOT NULL AS is_gone,
           i.field_clocks[1] IS NULL
               OR (s.clock_hi, s.clock_lo) > (i.field_clocks[1], i.field_clocks[2]) AS state_newer,
           coalesce((s.clock_hi, s.clock_lo) = (i.field_clocks[1], i.field_clocks[2]), false) AS state_tie,
           {relation_values}
           m.newer, m.tie, m.differ, m.renamed, g.greater,
           coalesce(b.blocked, 0) AS blocked, b.blocked IS NOT NULL AS is_outranked
    FROM {staged} s
    {identity_join}
    LEFT JOIN {table} o ON o.id = i.{link}
    {relation_joins}
    {rank_join}
    CROSS JOIN LATERAL (
        SELECT CASE WHEN o.id IS NULL THEN 0 ELSE {newer} END AS newer,
               CASE WHEN o.id IS NULL THEN 0 ELSE {tie} END AS tie,
               CASE WHEN o.id IS NULL THEN 0 ELSE {differ} END AS differ,
               CASE WHEN o.id IS NULL THEN 0 ELSE {renamed} END AS renamed
        OFFSET 0
    ) AS m
    CROSS JOIN LATERAL (
        SELECT CASE WHEN m.tie & (m.differ | m.renamed) & s.present = 0 THEN 0 ELSE {greater} END AS greater
        OFFSET 0
    ) AS g
    WHERE s.batch_id = %(batch)s AND (NOT %(again)s OR (s.has_work AND NOT s.is_new))
    OFFSET 0
),
applying AS (
    SELECT f.*,
           CASE WHEN f.is_new THEN f.present
                ELSE f.present & ~f.blocked & (f.newer | (f.tie & (f.differ | f.renamed) & f.greater)) END AS applies,
           CASE WHEN f.is_redirected THEN false
                WHEN f.op = {DELETE} THEN f.state_newer OR (f.state_tie AND f.state = 'active')
                WHEN f.op = {UPDATE_ONLY} THEN false
                ELSE f.state_newer END AS state_wins,
           f.state = 'suppressed' OR (f.is_redirected AND NOT f.is_passed_on)
               OR (f.op = {UPDATE_ONLY} AND f.state = 'deleted') AS is_out
    FROM facts f
    OFFSET 0
),
changing AS (
    SELECT a.*,
           CASE WHEN a.is_new THEN a.present ELSE a.applies & a.differ {derived} END AS changes,
           a.present & ~a.blocked & ~a.applies & ~(a.tie & ~a.differ) AS stale,
           a.present & ~a.blocked & a.tie & a.differ AS conflicts,
           CASE WHEN NOT a.state_wins OR a.is_outranked OR a.is_new THEN ''
                WHEN a.op = {DELETE} AND NOT a.is_gone THEN 'deleted'
                WHEN a.op <> {DELETE} AND a.is_gone THEN 'restored'
                ELSE '' END AS object_change
    FROM applying a
    OFFSET 0
)
UPDATE {staged} s
SET identity_id = c.identity_id,
    object_id = c.own_id,
    {relation_sets}
    is_new = c.is_new AND NOT c.is_out,
    has_work = NOT c.is_out AND (c.is_new OR c.applies <> 0 OR c.state_wins OR c.conflicts <> 0),
    state_wins = c.state_wins,
    object_change = CASE WHEN c.is_out THEN ''
                         WHEN c.is_new AND c.state = 'deleted' AND NOT (c.state_wins AND c.op <> {DELETE})
                             THEN 'deleted'
                         ELSE c.object_change END,
    applies = CASE WHEN c.is_out THEN 0 ELSE c.applies END,
    changes = CASE WHEN c.is_out THEN 0 ELSE c.changes END,
    stale = CASE WHEN c.is_out THEN 0 ELSE c.stale END,
    ignored = c.present & c.blocked,
    conflicts = CASE WHEN c.is_out THEN 0 ELSE c.conflicts END,
    verdict = CASE
        WHEN c.state = 'suppressed' THEN 'suppressed'
        WHEN c.is_redirected THEN CASE WHEN c.is_out THEN 'redirected' ELSE 'passed_on' END
        WHEN c.is_out THEN ''
        WHEN c.op = {DELETE} AND c.state_wins AND c.state = 'active' THEN 'deleted'
        WHEN c.op = {DELETE} AND c.state = 'deleted' THEN 'unchanged'
        WHEN c.op = {DELETE} THEN 'stale'
        WHEN c.is_new AND c.state = 'deleted' AND NOT c.state_wins THEN 'stale'
        WHEN c.is_new THEN 'created'
        WHEN c.state = 'deleted' AND c.state_wins THEN 'restored'
        WHEN c.match_id = c.own_id THEN 'linked'
        WHEN c.changes <> 0 OR c.object_change <> '' THEN 'updated'
        WHEN c.stale <> 0 AND c.stale = c.present & ~c.blocked THEN 'stale'
        ELSE 'unchanged' END
FROM changing c
WHERE s.ctid = c.place
