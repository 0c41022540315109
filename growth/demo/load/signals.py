"""Signals of the demo, each by its own source, about accounts and contacts as `demo-crm` names them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice
from operator import attrgetter

from accounts.actions.signal import Named, SignalItem, store_signals
from accounts.models import CrmSource
from growth.demo.seed import Seed
from growth.demo.signals import Fact

BATCH = 5000


def load_signals(seed: Seed, source: CrmSource, facts: Sequence[Fact]) -> None:
    """First what was said first, then the corrections."""
    said_by = attrgetter("revision", "source")
    for (_, name), group in groupby(sorted(facts, key=said_by), key=said_by):
        while batch := list(islice(group, BATCH)):
            store_signals([_item(seed, fact) for fact in batch], source=name, at=seed.at, names=source)


def _item(seed: Seed, fact: Fact) -> SignalItem:
    return SignalItem(
        kind=fact.kind,
        raw=fact.raw,
        observed_at=fact.observed_at,
        account=Named(external_id=fact.account_key),
        contact=Named(external_id=fact.contact_key) if fact.contact_key else None,
        external_id=fact.external_id,
        clock=(int(seed.at.timestamp()), fact.revision),
    )
