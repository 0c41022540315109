"""How outside systems write accounts, contacts and opportunities: one merge engine for API batches and imports.

`objects` names the fields and their fixed places, `parse` checks items, `engine` merges them by set-based SQL,
`imports` reads files by presets. Spec: crm-sync 2 to 5 and 11.
"""
