"""The rows that the matrix asks about, of each kind one that is the asker's own, one of the team, one of others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import Account, CrmSource, ExternalIdentity, ImportJob, Signal, UnmappedStage, User
from advocacy.actions.activity import record_activity
from advocacy.actions.encounter import record_encounter
from advocacy.actions.touch import accept_touch
from advocacy.choices import AskState, GrantState, PausedBy, Standing
from advocacy.models import Activity, Ask, AttributionModel, Champion, CreditHead, Encounter, Grant, Touch
from clg import codes
from clg.models import WebhookEndpoint
from tests.clg.admin.rows import MAKERS
from tests.factories.accounts import ContactFactory
from tests.factories.advocacy import AskFactory, CompanyGrantFactory, TakedownFactory
from tests.security.matrix import ROWS
from tests.security.world import AT, World

Row = Any


@dataclass(frozen=True)
class Rows:
    """By the name of the model: own, team and foreign, or one row that is everybody's."""

    owned: Mapping[str, Mapping[str, Row]]
    shared: Mapping[str, Row]

    def kinds(self, name: str) -> tuple[str, ...]:
        return ROWS if name in self.owned else ("own",)

    def named(self, name: str, kind: str) -> dict[str, str]:
        """How addresses call the row."""
        if not name:
            return {}
        row = self.owned[name][kind] if name in self.owned else self.shared[name]
        outside = codes.name_of(row) if hasattr(row, "public_id") else ""
        return {"object_id": str(row.pk), "public_id": outside, "external_id": f"{name}-{row.pk}"}


def make_rows(world: World, source: CrmSource) -> Rows:
    """The deal of sam, whose account carla cares for, with the act of her champion; those of max and of olga."""
    deals = {"own": world.deals["sam"], "team": world.deals["max"], "foreign": world.deals["olga"]}
    Account.objects.filter(opportunities=deals["own"]).update(csm=world.people["carla"])
    champions = {"own": world.champions["zoe"], "team": world.champions["ike"], "foreign": world.champions["ike"]}
    acts = {kind: Activity.objects.get(champion=champions[kind], encounters__opportunity=deals[kind]) for kind in ROWS}
    contacts = {kind: ContactFactory(account=deals[kind].account) for kind in ROWS}
    grants = {kind: CompanyGrantFactory(account=champions[kind].account) for kind in ROWS}
    owned: dict[str, Mapping[str, Row]] = {
        "account": {kind: deals[kind].account for kind in ROWS},
        "contact": contacts,
        "opportunity": deals,
        "signal": {kind: _signal(contacts[kind]) for kind in ROWS},
        "champion": champions,
        "ask": {kind: AskFactory(champion=champions[kind], opportunity=deals[kind]) for kind in ROWS},
        "grant": grants,
        "takedowntask": {kind: TakedownFactory(grant_use__grant=grants[kind]) for kind in ROWS},
        "activity": acts,
        "encounter": {kind: Encounter.objects.get(activity=acts[kind]) for kind in ROWS},
        "touch": {kind: Touch.objects.get(activity=acts[kind]) for kind in ROWS},
        "credithead": {kind: _head(deals[kind]) for kind in ROWS},
        "creditset": {kind: _head(deals[kind]).credit_set for kind in ROWS},
    }
    for name in ("account", "contact", "opportunity"):
        for row in owned[name].values():
            ExternalIdentity.objects.create(
                source=source, object_type=name, external_id=f"{name}-{row.pk}", **{name: row}
            )
    made = {model._meta.model_name: make for model, make in MAKERS.items() if model._meta.model_name not in owned}
    shared = {name: make(1) for name, make in made.items()}
    return Rows(owned, {**shared, "attributionmodel": AttributionModel.objects.get(key="influenced-last")})


def _signal(contact: Any) -> Signal:
    return Signal.objects.create(
        kind="nps", account=contact.account, contact=contact, raw=9, value=90, observed_at=AT, source="survey"
    )


def _head(deal: Any) -> CreditHead:
    return CreditHead.objects.get(opportunity=deal, model__key="influenced-linear")


# --- What an act needs to be offered at all ----------------------------------------------------------------------
def _standing(standing: str, **columns: Any) -> Callable[[str], object]:
    return lambda key: Champion.objects.filter(pk=key).update(standing=standing, **columns)


def _ask_in(state: str) -> Callable[[str], object]:
    return lambda key: Ask.objects.filter(pk=key).update(state=state)


def _grant_in(state: str) -> Callable[[str], object]:
    return lambda key: Grant.objects.filter(pk=key).update(state=state)


def _tell_twice(touch: Touch) -> None:
    """The act and its meeting again, as another source tells them."""
    act = touch.activity
    again = record_activity(
        champion=act.champion, kind=act.kind, title="", occurred_at=act.occurred_at, source="b", source_ref="b", at=AT
    )
    record_encounter(
        activity=again,
        kind=touch.kind,
        role=touch.role,
        occurred_at=touch.occurred_at,
        source="b",
        source_ref="b",
        opportunity=touch.opportunity,
        at=AT,
    )


_LATER: Final = AT + dt.timedelta(days=365 * 5)
_WITHDRAWN: Final = {"withdrawn_at": AT, "withdrawn_reason": "a mistake"}
PREPARED: Final[Mapping[tuple[str, str], Callable[[str], object]]] = {
    ("crmsource", "map-stages"): lambda key: UnmappedStage.objects.create(
        source_id=int(key), stage="In legal", first_received_at=AT, received_at=AT
    ),
    ("webhookendpoint", "enable"): lambda key: WebhookEndpoint.objects.filter(pk=key).update(state="disabled"),
    ("attributionmodel", "activate"): lambda key: AttributionModel.objects.filter(pk=key).update(is_active=False),
    ("importjob", "import-now"): lambda key: ImportJob.objects.filter(pk=key).update(state="complete", is_dry_run=True),
    ("touch", "restore"): lambda key: Encounter.objects.filter(touches__pk=key).update(**_WITHDRAWN),
    ("touch", "reopen"): lambda key: accept_touch(
        touch=Touch.objects.get(pk=key), by=User.objects.earliest("pk"), at=AT
    ),
    ("touch", "double"): lambda key: _tell_twice(Touch.objects.get(pk=key)),
    ("champion", "invite"): _standing(Standing.NOMINATED),
    ("champion", "reject"): _standing(Standing.NOMINATED),
    ("champion", "join"): _standing(Standing.INVITED),
    ("champion", "wake"): _standing(Standing.RESTING, rests_until=_LATER),
    ("champion", "resume"): _standing(Standing.PAUSED, paused_by=PausedBy.STAFF),
    **{("ask", name): _ask_in(AskState.SENT) for name in ("accept", "decline", "later")},
    **{("ask", name): _ask_in(AskState.ACCEPTED) for name in ("complete", "miss", "cancel")},
    ("grant", "send"): _grant_in(GrantState.PROPOSED),
    **{("grant", name): _grant_in(GrantState.PENDING_COMPANY) for name in ("give", "give-with-limits", "refuse")},
    ("activity", "restore"): lambda key: Activity.objects.filter(pk=key).update(**_WITHDRAWN),
    ("encounter", "restore"): lambda key: Encounter.objects.filter(pk=key).update(**_WITHDRAWN),
    ("activity", "no-duplicate"): lambda key: Activity.objects.filter(pk=key).update(
        duplicate_of=Activity.objects.exclude(pk=key).first()
    ),
}
