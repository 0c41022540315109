"""The merge in plain Python: the slow answer that the engine must give too, and random items to ask both."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from accounts.choices import ObjectType
from accounts.models import ExternalIdentity, OpportunityContact
from accounts.sync.objects import BY_TYPE
from accounts.sync.values import domain_of

EMPTY: dict[str, Any] = {"lifecycle": "prospect", "seniority": "unknown", "outcome": "open"}
EMPTY.update(dict.fromkeys((f.name for of in BY_TYPE.values() for f in of.fields if f.empty == "NULL"), None))


class Twin:
    """Rows by (kind, external id): the clock of existence, and of each field its clock and value."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    def row(self, kind: str, name: str) -> dict[str, Any]:
        return self.rows.setdefault((kind, name), {"state": None, "is_deleted": False, "fields": {}})

    def apply(self, kind: str, item: dict[str, Any]) -> None:
        known = self.rows.get((kind, item["external_id"]))
        op = item.get("op", "upsert")
        if op == "update_only" and (known is None or known["is_deleted"]):
            return
        row = self.row(kind, item["external_id"])
        clock = item["source_updated_at"]
        newer = row["state"] is None or clock > row["state"]
        if op == "delete":
            if newer or (clock == row["state"] and not row["is_deleted"]):
                row["state"], row["is_deleted"] = clock, True
            return
        if op != "update_only" and newer:
            row["state"], row["is_deleted"] = clock, False
        for field, value in item["fields"].items():
            self.write(row, field, clock, EMPTY.get(field, "") if value is None else value)
        for relation, target in item["relations"].items():
            self.relate(row, relation, clock, target)

    def relate(self, row: dict[str, Any], relation: str, clock: str, target: Any) -> None:
        kind = {"parent": "account", "account": "account", "successor": "contact"}.get(relation)
        if kind is None:
            names = sorted((r["external_id"], r.get("role", ""), r.get("is_primary", False)) for r in target or [])
            for name, _, _ in names:
                self.row("contact", name)
            self.write(row, relation, clock, tuple(names))
            return
        name = target and target["external_id"]
        if name:
            self.row(kind, name)
        self.write(row, relation, clock, name)

    def write(self, row: dict[str, Any], field: str, clock: str, value: Any) -> None:
        old = row["fields"].get(field)
        if old is None or (clock, sortable(value)) > (old[0], sortable(old[1])):
            row["fields"][field] = (clock, value)

    def standing(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What every row says, in the form of `standing_of`."""
        return {key: shown(key[0], row) for key, row in self.rows.items()}


def sortable(value: Any) -> tuple[bool, str]:
    if isinstance(value, tuple):
        return bool(value), "\x1e".join(f"{name}\x1f{role}\x1f{int(primary)}" for name, role, primary in value)
    if isinstance(value, int):
        return True, str(value)
    return value is not None, value or ""


def shown(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    of = BY_TYPE[ObjectType(kind)]
    values: dict[str, Any] = {field.name: EMPTY.get(field.name, "") for field in of.fields}
    values.update({relation.name: None for relation in of.relations})
    if of.roles_place:
        values["contacts"] = ()
    values.update({name: value for name, (_, value) in row["fields"].items()})
    if kind == "account" and "domain" not in row["fields"]:
        values["domain"] = domain_of(values["website"])
    return {"is_deleted": row["is_deleted"], **values}


def standing_of(source: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """What the database says of every name of a source."""
    names = ExternalIdentity.objects.filter(source=source).select_related("account", "contact", "opportunity")
    by_row: dict[Any, Any] = {(i.object_type, getattr(i, f"{i.object_type}_id")): i.external_id for i in names}
    by_row.update(dict.fromkeys((kind, None) for kind in SAMPLES))
    return {(i.object_type, i.external_id): _read(i, by_row) for i in names}


def _read(identity: ExternalIdentity, by_row: dict[Any, Any]) -> dict[str, Any]:
    kind = identity.object_type
    of = BY_TYPE[ObjectType(kind)]
    row = getattr(identity, kind)
    is_deleted = identity.state == "deleted"
    if row is None:
        return shown(kind, {"is_deleted": is_deleted, "fields": {}})
    assert (row.deleted_at is not None) == is_deleted
    values = {field.name: plain(getattr(row, field.target)) for field in of.fields}
    for relation in of.relations:
        values[relation.name] = by_row[relation.to.value, getattr(row, f"{relation.name}_id")]
    if of.roles_place:
        roles = OpportunityContact.objects.filter(opportunity=row)
        values["contacts"] = tuple(sorted((by_row["contact", r.contact_id], r.role, r.is_primary) for r in roles))
    return {"is_deleted": is_deleted, **values}


def plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)


# --- Random items --------------------------------------------------------------------------------------------
SAMPLES: dict[str, dict[str, list[Any]]] = {
    "account": {
        "name": ["Acme", "Beta", "Zeta", None],
        "website": ["https://www.acme.example/a", "http://beta.example", None],
        "domain": ["zeta.example", None],
        "country": ["DE", "US", None],
        "employees": [3, 40, 500, None],
        "lifecycle": ["customer", "prospect", None],
        "renewal_on": ["2026-05-01", None],
        "last_sales_activity_at": ["2026-05-01T10:00:00Z", "2026-06-01T10:00:00Z"],
    },
    "contact": {
        "last_name": ["Silva", "Ito", None],
        "email": ["a@acme.example", "b@acme.example", None],
        "seniority": ["director", "unknown", None],
        "left_on": ["2026-05-01", None],
    },
    "opportunity": {
        "name": ["Deal", "Big deal"],
        "kind": ["renewal", "new_business", None],
        "stage": ["One", "Two"],
        "outcome": ["open", "won", None],
        "closed_at": ["2026-05-01T10:00:00Z", None],
        "product": ["GTX Pro", None],
    },
}


def random_item(chance: random.Random, kind: str, *, ops: list[str]) -> dict[str, Any]:
    number = chance.randrange(8)
    fields = {name: chance.choice(values) for name, values in SAMPLES[kind].items() if chance.random() < 0.4}
    if "stage" in fields and "outcome" not in fields:
        # The stage map would add it; the twin is told.
        fields["outcome"] = "open"
    return {
        "external_id": f"{kind[0]}{number}",
        "op": chance.choice(ops),
        "source_updated_at": f"2026-01-01T00:00:{chance.randrange(12):02d}Z",
        "fields": fields,
        "relations": random_relations(chance, kind, number),
    }


def random_relations(chance: random.Random, kind: str, number: int) -> dict[str, Any]:
    account = chance.choice([None, *({"external_id": f"a{n}"} for n in range(10))])
    if kind == "account":
        # Parents have lower numbers: circles depend on order by nature.
        parent = chance.choice([None, *({"external_id": f"a{n}"} for n in range(number))])
        return {"parent": parent} if chance.random() < 0.4 else {}
    if kind == "contact":
        successor = chance.choice([None, {"external_id": f"c{chance.randrange(10)}"}])
        return {
            name: value for name, value in (("account", account), ("successor", successor)) if chance.random() < 0.4
        }
    names = chance.sample([f"c{n}" for n in range(10)], chance.randrange(4))
    roles = [
        {"external_id": n, "role": chance.choice(["", "Boss"]), "is_primary": chance.random() < 0.3} for n in names
    ]
    return {name: value for name, value in (("account", account), ("contacts", roles)) if chance.random() < 0.4}
