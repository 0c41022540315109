-- Gives winners that were cut loose the parent they had, if nobody gave them another.
UPDATE accounts_account a SET parent_id = %(parent)s
WHERE a.id = ANY (%(winners)s::bigint[]) AND a.parent_id IS NULL
