"""The obvious way to do each job: the ORM in a loop. What the set-based jobs are compared with."""
