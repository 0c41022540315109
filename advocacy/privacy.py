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
    Ask,
    AskOverride,
    AttributionDirty,
    AttributionModel,
    AttributionModelVersion,
    AttributionRun,
    AttributionRunRange,
    BlackoutPeriod,
    CalibrationReport,
    Champion,
    ChampionEvent,
    Credit,
    CreditHead,
    CreditSet,
    EffortBudget,
    EffortEntry,
    EffortMeter,
    Encounter,
    GiftLimit,
    GiftRecord,
    Grant,
    GrantEvent,
    GrantNotice,
    GrantParty,
    GrantUse,
    ModelPreview,
    OpportunityFact,
    Readiness,
    ReadinessChange,
    ReadinessDecay,
    ReadinessDirty,
    ReadinessModel,
    ReadinessWeight,
    RecordKey,
    TakedownTask,
    Touch,
    TouchAcceptance,
    UsePreference,
    UseRule,
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
    + ["joined_at", "reviewed_at", "confirmed_at", "source", "version"],
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
_RECORDED: Final = ("id", "public_id", "kind", "occurred_at", "source", "withdrawn_at", "recorded_at", "version")
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
declare(RecordKey, plain=["id", "source", "record_type", "external_id", "is_deleted", "clocks"])
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
    plain=["id", "key", "name", "question", "description", "is_active", "is_default", "current_version", "version"],
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
    + ["activated_at", "coefficients", "base_log_odds"],
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
# --- Asks, minutes and grants ----------------------------------------------------------------------------------
declare(UseRule, plain=["id", "use", "needs_person", "needs_company", "minutes", "rest_days", "cap", "base_percent"])
declare(UsePreference, plain=["id", "use"], champion=CHAMPION, level=OF_PERSON)
declare(
    BlackoutPeriod,
    plain=["id", "scope", "country", "first_day", "last_day", "by_person", "created_at"],
    account=COMPANY,
    champion=CHAMPION,
    reason=WORDS,
    made_by=OF_PERSON,
)
declare(
    EffortBudget,
    plain=["id", "scope", "segment", "person_minutes", "account_minutes", "max_asks", "max_open_asks", "use_caps"]
    + ["valid_from", "valid_until", "created_at"],
    account=COMPANY,
    champion=CHAMPION,
    reason=WORDS,
    made_by=OF_PERSON,
)
declare(EffortMeter, plain=["id"], account=COMPANY, champion=CHAMPION, contact=CHAMPION)
declare(
    EffortEntry,
    plain=["id", "ask", "bucket", "minutes", "effective_on", "at"],
    champion=CHAMPION,
    contact=CHAMPION,
    account=COMPANY,
    by=OF_PERSON,
)
declare(
    Ask,
    plain=["id", "public_id", "use", "state", "minutes", "prospect", "opportunity", "scope", "team", "reserved_at"]
    + ["sent_at", "answered_at", "answer_channel", "later_until", "closed_at", "closed_reason", "missed_by"]
    + ["scheduled_at", "done_on", "actual_minutes", "channel", "asked_on", "outcome", "source", "external_id"]
    + ["over_budget", "model", "gates", "reward_kind", "reward_currency", "created_at"],
    champion=CHAMPION,
    contact=CHAMPION,
    account=COMPANY,
    need=WORDS,
    answer_note=WORDS,
    decline_reason=WORDS,
    reward_minor=MONEY,
    asked_by=OF_PERSON,
    asked_as=OF_PERSON,
    answered_as=OF_PERSON,
    readiness=SCORE,
    readiness_band=SCORE,
    confidence=SCORE,
    willingness=SCORE,
    willingness_parts=SCORE,
    evidence=SCORE,
    capacity=SCORE,
    fit=SCORE,
)
declare(AskOverride, plain=["id", "ask", "gate", "at"], reason=WORDS, by=OF_PERSON)
declare(
    Grant,
    plain=["id", "public_id", "grantor", "use", "state", "identity", "regions", "languages", "campaigns"]
    + ["never_to_domains", "audiences", "channels", "cap_count", "cap_minutes", "cap_days", "valid_from"]
    + ["valid_until", "review_on", "ends_at_churn", "ends_at_job_change", "ends_on_merger", "basis", "decided_at"]
    + ["ended_at", "supersedes", "created_at", "wording_version", "wording_sha256", "proof_kind", "signer_authority"],
    champion=CHAMPION,
    account=COMPANY,
    signer_name=PROOF,
    proof_file=PROOF,
    proof_text=PROOF,
    proof_ip=PROOF,
    recorded_by=OF_PERSON,
)
declare(GrantParty, plain=["id", "grant", "role"], account=COMPANY)
declare(
    GrantEvent,
    plain=["id", "grant", "sequence", "event", "from_state", "to_state", "at", "fields_sha256"],
    actor=OF_PERSON,
    reason=WORDS,
)
declare(GrantNotice, plain=["id", "grant", "days", "at", "is_skipped"])
declare(
    GrantUse,
    plain=["id", "grant", "object_type", "object_id", "label", "channel", "url", "since", "removed_at"],
    made_by=OF_PERSON,
)
declare(
    TakedownTask,
    plain=["id", "public_id", "grant_use", "due_on", "opened_at", "cause", "closed_at", "escalated_at"],
    owner=OF_PERSON,
    closed_by=OF_PERSON,
    note=WORDS,
    picture=PROOF,
)
declare(ModelPreview, plain=["id", "model", "content_sha256", "counts", "at"], by=OF_PERSON)
declare(
    CalibrationReport,
    plain=["id", "day", "since", "until", "use", "team", "overridden", "n", "mean_predicted", "actual", "brier"]
    + ["base", "skill", "bands"],
)
declare(
    GiftLimit,
    plain=["id", "country", "sector", "use", "per_gift_minor", "per_year_minor", "cash_allowed", "currency", "source"]
    + ["valid_from"],
    made_by=OF_PERSON,
)
declare(
    GiftRecord,
    plain=["id", "use", "kind", "currency", "given_on", "source_key", "at"],
    contact=CHAMPION,
    amount_minor=MONEY,
    note=WORDS,
    by=OF_PERSON,
)
