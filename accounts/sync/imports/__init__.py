"""Files of foreign systems on their way in: their form, their rows as items, what became of each row.

`storage` keeps uploads, `files` reads rows from a byte on, `rows` turns them into items, `survey` is the first pass,
`chunk` merges some thousand rows, `results` keeps and tells what became of them. State changes: `actions.import_job`.
"""
