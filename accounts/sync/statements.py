"""The statements of the merge, filled with the column lists of one object.

The texts stand in `sql/*.sql`. What is filled in comes from `accounts/sync/objects.py` alone, never from input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Final

from accounts.choices import ObjectType
from accounts.sync.objects import BY_TYPE, STATE_PLACE, Field, Relation, SyncObject

UPSERT: Final = 0
UPDATE_ONLY: Final = 1
DELETE: Final = 2
RESTORE: Final = 3

_FOLDER = Path(__file__).parent / "sql"
_EVENT_COLUMNS = (
    "type, object_type, object_id, version, changed_fields, refs, origin_kind, origin_source, origin_actor, trace_id"
)
_ORIGIN = "%(origin_kind)s, %(origin_source)s, %(origin_actor)s"


@cache
def statement(
    of: SyncObject,
    name: str,
    *,
    ranked: bool = False,
    named: frozenset[str] | None = None,
    related: ObjectType | None = None,
    redirected: bool = False,
) -> str:
    """The text of `sql/<name>.sql` for an object.

    `ranked`: sources of higher rank exist; `named`: the relations that items name by external id, all when None (a
    relation that nobody names is not joined); `related`: the other kind; `redirected`: some names were merged away.
    """
    text = (_FOLDER / f"{name}.sql").read_text()
    named = frozenset(relation.name for relation in of.relations) if named is None else named
    return text.format(
        **_words(of),
        **_masks(of, ranked, named),
        **_lists(of, named),
        **_related_words(of, related or of.object_type),
        **_identity(of, redirected),
    )


@cache
def naming_statement(of: SyncObject, name: str) -> str:
    """The text of `sql/<name>.sql` for rows of an object that the list `names` names, with no batch in staging."""
    named = "SELECT DISTINCT unnest(%(names)s::text[]) AS ref"
    words = {**_words(of), **_related_words(of, of.object_type), "refs": named, "spoken_of": named}
    return (_FOLDER / f"{name}.sql").read_text().format(**words)


def _words(of: SyncObject) -> dict[str, object]:
    table = of.model._meta.db_table
    return {
        "UPSERT": UPSERT,
        "UPDATE_ONLY": UPDATE_ONLY,
        "DELETE": DELETE,
        "RESTORE": RESTORE,
        "noun": of.noun,
        "table": table,
        "staged": of.staged._meta.db_table,
        "link": f"{of.noun}_id",
        "sequence": f"{table}_id_seq",
        "event_columns": _EVENT_COLUMNS,
        "origin": _ORIGIN,
        "parent_bit": next((relation.bit for relation in of.relations if relation.name == "parent"), 0),
        "stage_bit": of.by_name["stage"].bit if "stage" in of.by_name else 0,
        "roles_bit": 1 << of.roles_place if of.roles_place else 0,
    }


def _related_words(of: SyncObject, related: ObjectType) -> dict[str, object]:
    other = BY_TYPE[related]
    table = other.model._meta.db_table
    return {
        "related_noun": other.noun,
        "related_link": f"{other.noun}_id",
        "related_table": table,
        "related_sequence": f"{table}_id_seq",
        "refs": _refs(of, related),
        "spoken_of": _spoken_of(of, related),
    }


# --- Whose clocks count --------------------------------------------------------------------------------------
def _identity(of: SyncObject, redirected: bool) -> dict[str, str]:
    """How an item finds the identity `i` whose clocks count: its own, or that of the winner it was merged into."""
    if not redirected:
        join = f"CROSS JOIN {_named('i', of.noun, 's.external_id')}"
        return {"identity_join": join, "is_redirected": "false", "is_passed_on": "false"}
    return {
        "identity_join": (
            f"CROSS JOIN {_named('n', of.noun, 's.external_id')}"
            " JOIN accounts_externalidentity i ON i.id = coalesce(n.canonical_id, n.id)"
        ),
        "is_redirected": "n.state = 'merged'",
        "is_passed_on": (
            f"n.state = 'merged' AND s.op <> {DELETE}"
            " AND coalesce((s.clock_hi, s.clock_lo) > (n.merged_clock[1], n.merged_clock[2]), false)"
        ),
    }


def _named(alias: str, noun: str, name: str) -> str:
    """The identity of a name, found for each row by its own step in the index, never by a join.

    Statistics that do not know the source yet expect one row of it; a join then compared each item with all of them.
    """
    return (
        f"LATERAL (SELECT k.* FROM accounts_externalidentity k WHERE k.source_id = %(source)s"
        f" AND k.object_type = '{noun}' AND k.external_id = {name} OFFSET 0) AS {alias}"
    )


# --- What items name -----------------------------------------------------------------------------------------
_TAKES_PART = (
    "s.batch_id = %(batch)s AND s.op <> {delete} AND (s.op <> {update_only} OR EXISTS ("
    "SELECT FROM accounts_externalidentity k WHERE k.source_id = %(source)s AND k.object_type = '{noun}'"
    " AND k.external_id = s.external_id AND k.state IN ('active', 'merged')))"
)


def _refs(of: SyncObject, related: ObjectType) -> str:
    """SELECT of the distinct names of one kind that items name as their relations and that are no items themselves."""
    named = " UNION ".join(_naming(of, related))
    if related != of.object_type:
        return named
    items = f"SELECT s.external_id FROM {of.staged._meta.db_table} s WHERE s.batch_id = %(batch)s"
    items = f"{items} AND s.op <> {UPDATE_ONLY}"
    return f"{named} EXCEPT {items}" if named else "SELECT NULL::varchar AS ref WHERE false"


def _spoken_of(of: SyncObject, related: ObjectType) -> str:
    """SELECT of the distinct names of one kind that need a row: relations and, of the items' own kind, live items."""
    parts = _naming(of, related)
    if related == of.object_type:
        parts.append(
            f"SELECT s.external_id AS ref FROM {of.staged._meta.db_table} s"
            f" WHERE s.batch_id = %(batch)s AND s.op IN ({UPSERT}, {RESTORE})"
        )
    return " UNION ".join(parts)


def _naming(of: SyncObject, related: ObjectType) -> list[str]:
    takes_part = _TAKES_PART.format(delete=DELETE, update_only=UPDATE_ONLY, noun=of.noun)
    staged = of.staged._meta.db_table
    parts = [
        f"SELECT DISTINCT s.{relation.name}_ref AS ref FROM {staged} s"
        f" WHERE {takes_part} AND s.{relation.name}_ref IS NOT NULL"
        for relation in of.relations
        if relation.to == related
    ]
    if of.roles_place and related == ObjectType.CONTACT:
        parts.append(f"SELECT DISTINCT unnest(s.contact_refs) AS ref FROM {staged} s WHERE {takes_part}")
    return parts


def _same_kind_names(of: SyncObject) -> str:
    return f"UNION ALL SELECT r.ref, NULL, NULL, NULL, NULL, NULL FROM ({_refs(of, of.object_type)}) AS r"


# --- Masks ---------------------------------------------------------------------------------------------------
def _masks(of: SyncObject, ranked: bool, named: frozenset[str]) -> dict[str, str]:
    places = [(1 << place, place) for _, place in of.named_places]
    return {
        "newer": _mask((bit, _newer(place)) for bit, place in places),
        "tie": _mask((bit, _tie(place)) for bit, place in places),
        "differ": _mask(_differences(of, named)),
        "renamed": _mask((r.bit, f"s.{r.name}_ref IS DISTINCT FROM {_stored_name(of, r)}") for r in of.relations),
        "greater": _mask(_greater(of)),
        "relation_bits": str(sum(relation.bit for relation in of.relations)),
        "derived": _derived(of),
        "rank_join": _rank_join(of) if ranked else "CROSS JOIN (SELECT NULL::bigint AS blocked) AS b",
    }


def _mask(tests: Iterable[tuple[int, str]]) -> str:
    """The sum of the bits whose test holds."""
    return " + ".join(f"CASE WHEN {test} THEN {bit} ELSE 0 END" for bit, test in tests)


def _clock(place: int, array: str = "i.field_clocks") -> tuple[str, str]:
    """The two elements of a place, counted from one as PostgreSQL does."""
    return f"{array}[{2 * place + 1}]", f"{array}[{2 * place + 2}]"


def _newer(place: int) -> str:
    high, low = _clock(place)
    return f"{high} IS NULL OR (s.clock_hi, s.clock_lo) > ({high}, {low})"


def _tie(place: int) -> str:
    high, low = _clock(place)
    return f"s.clock_hi = {high} AND s.clock_lo = {low}"


def _differences(of: SyncObject, named: frozenset[str]) -> list[tuple[int, str]]:
    tests = [(field.bit, f"{_value(field)} IS DISTINCT FROM o.{field.target}") for field in of.fields]
    tests += [(r.bit, f"{_relation_value(r, named)} IS DISTINCT FROM o.{r.name}_id") for r in of.relations]
    if of.roles_place:
        tests.append((1 << of.roles_place, _roles_differ(1 << of.roles_place)))
    return tests


def _greater(of: SyncObject) -> list[tuple[int, str]]:
    """At one clock the greater canonical value wins, in byte order, null lowest.

    Of a relation the name counts by which it was sent: after merges its row may have another, and what two names lead
    to would decide otherwise before and after. Only of what was sent by our own id the row's name counts.
    """
    tests = [(field.bit, _sorts_higher(_value(field), f"o.{field.target}")) for field in of.fields]
    for relation in of.relations:
        link = f"{relation.to.value}_id"
        own_name = (
            "(SELECT min(x.external_id) FROM accounts_externalidentity x"
            f" WHERE x.source_id = %(source)s AND x.{link} = o.{relation.name}_id)"
        )
        stored = f"coalesce({_stored_name(of, relation)}, {own_name})"
        tests.append((relation.bit, _sorts_higher(f"s.{relation.name}_ref", stored)))
    if of.roles_place:
        tests.append((1 << of.roles_place, _sorts_higher("s.contacts_key", _ROLES_NOW)))
    return tests


def _stored_name(of: SyncObject, relation: Relation) -> str:
    return f"i.related_names[{of.relations.index(relation) + 1}]"


def _sorts_higher(sent: str, stored: str) -> str:
    return f"""coalesce(({sent})::text COLLATE "C" > ({stored})::text COLLATE "C", ({sent}) IS NOT NULL)"""


def _value(field: Field) -> str:
    """What the object's row holds when the staged value applies."""
    return f"s.{field.name}" if field.empty == "NULL" else f"coalesce(s.{field.name}, {field.empty})"


def _relation_value(relation: Relation, named: frozenset[str]) -> str:
    if relation.name not in named:
        return f"s.{relation.name}_id"
    link = f"{relation.to.value}_id"
    return f"coalesce(s.{relation.name}_id, {relation.name}_i.{link}, {relation.name}_w.{link})"


# The separators of `parse.roles_key`: units end with 31, records with 30.
_ROLES_NOW = """(
    SELECT string_agg(concat(n.name, chr(31), r.role, chr(31), r.is_primary::int), chr(30) ORDER BY n.name COLLATE "C")
    FROM accounts_opportunitycontact r
    CROSS JOIN LATERAL (
        SELECT coalesce(min(x.external_id), '#' || r.contact_id) AS name FROM accounts_externalidentity x
        WHERE x.source_id = %(source)s AND x.contact_id = r.contact_id
    ) AS n
    WHERE r.opportunity_id = o.id)"""


def _roles_differ(bit: int) -> str:
    sent = """(
        SELECT string_agg(concat_ws(chr(31), t.contact, t.role, t.is_primary), chr(30) ORDER BY t.contact)
        FROM (
            SELECT DISTINCT ON (coalesce(i2.contact_id, w2.contact_id))
                   coalesce(i2.contact_id, w2.contact_id) AS contact, n.role, n.is_primary
            FROM unnest(s.contact_refs, s.contact_roles, s.contact_primaries) AS n(ref, role, is_primary)
            JOIN accounts_externalidentity i2
              ON i2.source_id = %(source)s AND i2.object_type = 'contact' AND i2.external_id = n.ref
            LEFT JOIN accounts_externalidentity w2 ON w2.id = i2.canonical_id
            WHERE coalesce(i2.contact_id, w2.contact_id) IS NOT NULL
            ORDER BY 1, n.ref COLLATE "C"
        ) AS t)"""
    stored = """(
        SELECT string_agg(concat_ws(chr(31), r.contact_id, r.role, r.is_primary), chr(30) ORDER BY r.contact_id)
        FROM accounts_opportunitycontact r WHERE r.opportunity_id = o.id)"""
    return f"s.present & {bit} <> 0 AND {sent} IS DISTINCT FROM {stored}"


def _derived(of: SyncObject) -> str:
    """The domain follows the website for as long as no source sent one."""
    if of.object_type != ObjectType.ACCOUNT:
        return ""
    website, domain = of.by_name["website"].bit, of.by_name["domain"]
    never_sent = f"a.clocks[{2 * domain.place + 1}] IS NULL"
    return (
        f"| CASE WHEN a.applies & {website} <> 0 AND (a.present | a.blocked) & {domain.bit} = 0 AND {never_sent}"
        f" THEN a.differ & {domain.bit} ELSE 0 END"
    )


def _rank_join(of: SyncObject) -> str:
    """Which fields a source of higher rank ever set on the row; NULL when none stands above."""
    owned = _mask((1 << place, f"{_clock(place, 'x.field_clocks')[0]} IS NOT NULL") for _, place in of.named_places)
    return f"""LEFT JOIN LATERAL (
        SELECT bit_or({owned}) AS blocked
        FROM accounts_externalidentity x
        JOIN accounts_crmsource r ON r.id = x.source_id
        WHERE x.{of.noun}_id = o.id AND x.source_id <> %(source)s AND r.rank < %(rank)s
          AND x.state IN ('active', 'deleted') AND x.field_clocks IS NOT NULL
    ) AS b ON true"""


# --- Lists of columns ----------------------------------------------------------------------------------------
def _lists(of: SyncObject, named: frozenset[str]) -> dict[str, str]:
    relations = of.relations
    columns = [(field.target, _value(field)) for field in of.fields]
    columns += [(f"{r.name}_id", f"s.{r.name}_id") for r in relations]
    columns += [(f.column, f.expression) for f in of.followers]
    return {
        "same_kind_names": _same_kind_names(of),
        "columns": ", ".join(column for column, _ in columns),
        "values": ", ".join(value for _, value in columns),
        "assignments": ",\n        ".join(_assignments(of)),
        "relation_values": "".join(f"{_relation_value(r, named)} AS {r.name}_id, " for r in relations),
        "relation_sets": "".join(f"{r.name}_id = c.{r.name}_id, " for r in relations),
        "relation_joins": "\n    ".join(_relation_join(r) for r in relations if r.name in named),
        "born_clocks": _clocks(of, lambda bit: f"s.present & {bit} <> 0", state=("s.clock_hi", "s.clock_lo")),
        "merged_clocks": _merged_clocks(of),
        "sent_names": _names_sent(of, "s.present", lambda relation: "NULL"),
        "merged_names": _names_sent(of, "s.applies", partial(_stored_name, of)),
        "present_names": _names(of, "s.present"),
        "changed_names": _names(of, "s.changes"),
        "conflict_values": _conflict_values(of),
    }


def _assignments(of: SyncObject) -> list[str]:
    def chosen(column: str, bit: int, value: str) -> str:
        return f"{column} = CASE WHEN s.changes & {bit} <> 0 THEN {value} ELSE o.{column} END"

    return [
        *(chosen(field.target, field.bit, _value(field)) for field in of.fields),
        *(chosen(f"{r.name}_id", r.bit, f"s.{r.name}_id") for r in of.relations),
        *(chosen(f.column, of.by_name[f.follows].bit, f.expression) for f in of.followers),
    ]


def _relation_join(relation: Relation) -> str:
    name = relation.name
    return f"""LEFT JOIN {_named(f"{name}_i", relation.to.value, f"s.{name}_ref")} ON true
    LEFT JOIN accounts_externalidentity {name}_w ON {name}_w.id = {name}_i.canonical_id"""


def _clocks(of: SyncObject, test: Callable[[int], str], *, state: tuple[str, str]) -> str:
    """The elements of a clock array in which the places that pass `test` hold the item's clock."""
    held = {place for _, place in of.named_places}
    elements = [*state]
    elements += [
        f"CASE WHEN {test(1 << place)} THEN {part} END" if place in held else "NULL"
        for place in range(STATE_PLACE + 1, of.places)
        for part in ("s.clock_hi", "s.clock_lo")
    ]
    return ", ".join(elements)


def _merged_clocks(of: SyncObject) -> str:
    high, low = _clock(STATE_PLACE)
    elements = [
        f"CASE WHEN s.state_wins THEN s.clock_hi ELSE {high} END",
        f"CASE WHEN s.state_wins THEN s.clock_lo ELSE {low} END",
    ]
    held = {place for _, place in of.named_places}
    for place in range(STATE_PLACE + 1, of.places):
        for part, old in zip(("s.clock_hi", "s.clock_lo"), _clock(place), strict=True):
            test = f"CASE WHEN s.applies & {1 << place} <> 0 THEN {part} ELSE {old} END"
            elements.append(test if place in held else "NULL")
    return ", ".join(elements)


def _names_sent(of: SyncObject, mask: str, otherwise: Callable[[Relation], str]) -> str:
    """The array of the names by which relations were sent."""
    elements = [f"CASE WHEN {mask} & {r.bit} <> 0 THEN s.{r.name}_ref ELSE {otherwise(r)} END" for r in of.relations]
    return f"ARRAY[{', '.join(elements)}]::varchar[]"


def _names(of: SyncObject, mask: str) -> str:
    cases = ", ".join(f"CASE WHEN {mask} & {1 << place} <> 0 THEN '{name}' END" for name, place in of.named_places)
    return f"array_remove(ARRAY[{cases}]::varchar[], NULL)"


def _conflict_values(of: SyncObject) -> str:
    rows = [(f.name, f.bit, _value(f), f"o.{f.target}") for f in of.fields]
    rows += [(r.name, r.bit, f"s.{r.name}_id", f"o.{r.name}_id") for r in of.relations]
    if of.roles_place:
        rows.append(("contacts", 1 << of.roles_place, "s.contacts_key", _ROLES_NOW))
    return ", ".join(f"('{name}', {bit}::bigint, ({sent})::text, ({stored})::text)" for name, bit, sent, stored in rows)
