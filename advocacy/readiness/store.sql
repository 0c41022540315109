-- Follows readiness.sql, whose subjects are champions that the caller has locked. Writes the scores that differ, the
-- history worth keeping and the events; answers one row (changed, history, bands).
, causes AS (
    SELECT c.id, c.cause FROM unnest(%(ids)s::bigint[], %(causes)s::text[]) AS c (id, cause)
),
-- Reads advocacy_readinesschange_last: the champion's last history row.
compared AS (
    SELECT s.*, r.id IS NOT NULL AS is_known,
           CASE WHEN r.model_id <> %(model_id)s::bigint THEN 'model' WHEN c.cause <> '' THEN c.cause
                WHEN r.scored_week < %(week)s::date THEN 'week' ELSE 'signal' END AS cause,
           r.band AS old_band,
           last.new_score AS last_score, last.new_band AS last_band,
           (r.score, r.coverage, r.confidence, r.band, r.parts, r.scored_week, r.model_id)
               IS DISTINCT FROM (s.score, s.coverage, s.confidence, s.band, s.parts, %(week)s::date,
                                 %(model_id)s::bigint) AS differs,
           last.id IS NULL OR last.new_band <> s.band OR (last.new_score IS NULL) <> (s.score IS NULL)
               OR abs(s.score - last.new_score) >= %(threshold)s::numeric AS is_news
      FROM scored s
      JOIN causes c ON c.id = s.id
      LEFT JOIN advocacy_readiness r ON r.champion_id = s.id
      LEFT JOIN LATERAL (
            SELECT h.id, h.new_score, h.new_band FROM advocacy_readinesschange h
             WHERE h.champion_id = s.id ORDER BY h.id DESC LIMIT 1) last ON true
),
stored AS (
    INSERT INTO advocacy_readiness AS r
           (champion_id, score, coverage, confidence, band, parts, scored_week, model_id)
    SELECT id, score, coverage, confidence, band, parts, %(week)s::date, %(model_id)s::bigint
      FROM compared WHERE differs ORDER BY id
    ON CONFLICT (champion_id) DO UPDATE
       SET score = excluded.score, coverage = excluded.coverage, confidence = excluded.confidence,
           band = excluded.band, parts = excluded.parts, scored_week = excluded.scored_week,
           model_id = excluded.model_id
    RETURNING r.champion_id
),
remembered AS (
    INSERT INTO advocacy_readinesschange
           (champion_id, at, old_score, new_score, old_band, new_band, parts, cause, model_id)
    SELECT id, %(at)s, last_score, score, coalesce(last_band, ''), band, parts, cause, %(model_id)s::bigint
      FROM compared WHERE is_news ORDER BY id
    RETURNING id
),
told AS (
    INSERT INTO clg_outboxevent (type, object_type, object_id, changed_fields, refs, origin_kind, origin_source,
                                 origin_actor, trace_id)
    SELECT 'readiness.band_changed', 'champion', c.public_id, ARRAY['band'],
           jsonb_build_object('account', replace(a.public_id::text, '-', ''),
                              'contact', replace(p.public_id::text, '-', '')),
           %(origin_kind)s, %(origin_source)s, %(origin_actor)s, %(trace_id)s
      FROM compared n
      JOIN advocacy_champion c ON c.id = n.id
      JOIN accounts_account a ON a.id = c.account_id
      JOIN accounts_contact p ON p.id = c.contact_id
     WHERE n.is_known AND n.old_band <> n.band
     ORDER BY n.id
    RETURNING id
)
SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM remembered), (SELECT count(*) FROM told)
