-- Sets whose stored lines, path or refusals are not those of the recomputation in alloc_set and alloc_line.
SELECT 'set ' || coalesce(a.credit_set_id, l.case_id)
FROM (SELECT * FROM advocacy_credit WHERE credit_set_id = ANY (%(sets)s)) a
FULL JOIN alloc_line l ON l.case_id = a.credit_set_id AND l.line_no = a.line_no
WHERE (a.touch_id, a.unattributed_reason, a.held, a.raw, a.credit_micros, a.amount_minor, a.reporting_minor)
      IS DISTINCT FROM
      (l.touch_id, l.unattributed_reason, l.held, l.raw, l.credit_micros, l.amount_minor, l.reporting_minor)
UNION
SELECT 'set ' || s.id
FROM advocacy_creditset s
LEFT JOIN alloc_set c ON c.case_id = s.id
WHERE s.id = ANY (%(sets)s)
  AND (c.state, c.path, c.rejected, c.rejected_codes, c.outcome, c.basis_minor, c.raw_total)
      IS DISTINCT FROM
      (s.state, s.path, s.rejected, s.rejected_codes, s.outcome, s.basis_minor, s.raw_total)
