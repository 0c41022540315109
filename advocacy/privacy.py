"""What of a champion a reader may know. `security` section 2.3, class F1.

Marketers, administrators and the CSM of the account know the person; leaders and auditors the company; sellers, and the
CSMs of other accounts, neither, since who it is opens only stage by stage of a request. A title often names the
champion, so it goes with the person.
"""

from __future__ import annotations

from typing import Any, Final

from accounts.privacy import COMPANY
from advocacy.models import (
    Activity,
    AttributionDirty,
    AttributionModel,
    AttributionModelVersion,
    AttributionRun,
    AttributionRunRange,
    Champion,
    ChampionEvent,
    Credit,
    CreditHead,
    CreditSet,
    Encounter,
    OpportunityFact,
    Readiness,
    ReadinessChange,
    ReadinessDecay,
    ReadinessDirty,
    ReadinessModel,
    ReadinessWeight,
    Touch,
    TouchAcceptance,
)
from advocacy.permissions import may_know_champion, sees_everything
from clg.fieldpolicy import FieldClass, Mark, Policy, declare

SOMEBODY = "A champion"


def champion_name(champion: Champion, reader: Any) -> str:
    if may_know_champion(reader, champion):
        return str(champion.contact)
    return f"Champion at {champion.account}" if sees_everything(reader) else SOMEBODY


def activity_title(activity: Activity, reader: Any) -> str:
    """The title of an act, or only its kind."""
    return str(activity) if may_know_champion(reader, activity.champion) else activity.get_kind_display()


# --- What each field is: its class of secrecy and its mark of personal data ---------------------------------------
# Leads to a champion, so to who it is.
CHAMPION: Final = Policy(FieldClass.IDENTITY, Mark.PSEUDONYMOUS)
REACH: Final = Policy(FieldClass.CONTACT_DETAILS, Mark.PERSONAL)
WORDS: Final = Policy(FieldClass.WORDS, Mark.PERSONAL)
PROOF: Final = Policy(FieldClass.EVIDENCE, Mark.PERSONAL)
TITLE: Final = Policy(FieldClass.IDENTITY, Mark.PERSONAL)
SCORE: Final = Policy(FieldClass.SCORES, Mark.PSEUDONYMOUS)
MONEY: Final = Policy(FieldClass.MONEY)
OF_PERSON: Final = Policy(mark=Mark.PSEUDONYMOUS)

declare(
    Champion,
    plain=["created_at", "standing", "standing_since", "rests_until", "paused_until", "paused_by", "invited_at"]
    + ["joined_at", "reviewed_at", "confirmed_at", "source"],
    id=OF_PERSON,
    public_id=OF_PERSON,
    contact=CHAMPION,
    account=COMPANY,
    moved_from=CHAMPION,
    standing_reason=OF_PERSON,
    nominated_by=OF_PERSON,
    reviewed_by=OF_PERSON,
    confirmed_by=OF_PERSON,
    nomination_text=WORDS,
    languages=OF_PERSON,
    use_cases=OF_PERSON,
    competitor_replaced=OF_PERSON,
    competitors=OF_PERSON,
    topics_glad=WORDS,
    topics_avoid=WORDS,
    time_zone=REACH,
    hours_from=REACH,
    hours_to=REACH,
    notice_days=REACH,
    reach_via=REACH,
    channel=REACH,
    own_minutes_limit=OF_PERSON,
)
declare(
    ChampionEvent,
    plain=["id", "action", "from_standing", "to_standing", "at"],
    champion=CHAMPION,
    reason=WORDS,
    actor=OF_PERSON,
)
_RECORDED: Final = ("id", "public_id", "kind", "occurred_at", "source", "source_clock", "withdrawn_at", "recorded_at")
declare(
    Activity,
    plain=[*_RECORDED, "duplicate_of"],
    champion=CHAMPION,
    account=COMPANY,
    title=TITLE,
    evidence=PROOF,
    source_ref=OF_PERSON,
    withdrawn_reason=WORDS,
)
declare(
    Encounter,
    plain=[*_RECORDED, "activity", "opportunity", "given_rung", "buyer_account", "buyer_domain", "role", "weight_hint"],
    buyer_contact=OF_PERSON,
    source_ref=OF_PERSON,
    named_by=OF_PERSON,
    withdrawn_reason=WORDS,
)
declare(
    Touch,
    plain=["id", "public_id", "encounter", "opportunity", "activity", "activity_kind", "asset_key", "occurred_at"]
    + ["kind", "role", "rung", "side", "source", "weight_hint", "void_reason", "recorded_at", "superseded_at"],
    champion=CHAMPION,
)
declare(TouchAcceptance, plain=["id", "touch", "recorded_at", "superseded_at"], accepted_by=OF_PERSON)
declare(
    OpportunityFact,
    plain=["id", "opportunity", "account", "kind", "outcome", "opened_at", "opened_is_estimated", "lead_at"]
    + ["closed_at", "closed_is_estimated", "is_deleted", "recorded_at", "superseded_at"],
    amount=MONEY,
    currency=MONEY,
)
declare(
    AttributionModel,
    plain=["id", "key", "name", "question", "description", "is_active", "is_default", "current_version"],
)
declare(
    AttributionModelVersion,
    plain=["id", "model", "number", "family", "parameters", "anchor", "window_days", "dedupe", "rungs", "sides"]
    + ["opportunity_kinds", "activity_kinds", "use_hint", "note", "created_at"],
    created_by=OF_PERSON,
)
declare(
    AttributionRun,
    plain=["id", "public_id", "kind", "status", "as_of", "attempt", "branch_id", "deals_total", "error", "started_at"]
    + ["finished_at", "frozen_at", "frozen_name", "input_watermark", "model_versions", "rejected_by_reason"],
    totals=MONEY,
    requested_by=OF_PERSON,
    frozen_by=OF_PERSON,
)
declare(
    AttributionRunRange,
    plain=["id", "run", "number", "from_deal", "to_deal", "cursor", "is_done", "is_matching", "heartbeat_at"]
    + ["deals_done", "sets_written", "lines_written"],
    totals=MONEY,
)
declare(
    CreditSet,
    plain=["id", "opportunity", "model", "model_version", "generation", "branch_id", "run", "cause", "state"]
    + ["closed_reason", "outcome", "fact", "as_of", "anchor_at", "restart_at", "milestones", "flags", "path"]
    + ["rejected", "rejected_codes", "fingerprint", "raw_total", "rate", "fx_rate", "fx_on", "currency"]
    + ["reporting_currency"],
    basis_minor=MONEY,
    reporting_minor=MONEY,
)
declare(
    Credit,
    plain=["id", "credit_set", "line_no", "touch", "unattributed_reason", "held", "raw", "credit_micros"],
    amount_minor=MONEY,
    reporting_minor=MONEY,
)
declare(CreditHead, plain=["id", "public_id", "opportunity", "model", "credit_set", "generation"])
declare(
    AttributionDirty,
    plain=["id", "opportunity_id", "account_id", "encounter_id", "cause", "noted_at", "can_move_touches"],
)
declare(
    ReadinessModel,
    plain=["id", "version", "state", "reason", "ready_from", "warming_from", "min_confidence", "history_threshold"]
    + ["activated_at"],
    made_by=OF_PERSON,
    activated_by=OF_PERSON,
)
declare(ReadinessWeight, plain=["id", "model", "kind", "weight", "half_life_days", "missing"])
declare(ReadinessDecay, plain=["id", "half_life_days", "weeks", "decay_micros"])
declare(
    Readiness,
    plain=["id", "model", "scored_week"],
    champion=CHAMPION,
    score=SCORE,
    band=SCORE,
    coverage=SCORE,
    confidence=SCORE,
    parts=SCORE,
    terms=SCORE,
)
declare(
    ReadinessChange,
    plain=["id", "model", "at", "cause"],
    champion=CHAMPION,
    old_score=SCORE,
    new_score=SCORE,
    old_band=SCORE,
    new_band=SCORE,
    parts=SCORE,
)
declare(ReadinessDirty, plain=["id", "account_id", "reason", "due_at"], contact_id=OF_PERSON)
