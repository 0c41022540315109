"""What each field of the accounts floor is: its class of secrecy and its mark of personal data."""

from __future__ import annotations

from typing import Final

from accounts.models import (
    Account,
    ApiClient,
    Contact,
    CrmSource,
    ExchangeRate,
    ExternalIdentity,
    ImportChunk,
    ImportJob,
    ImportPreset,
    MergeEvent,
    Opportunity,
    OpportunityContact,
    OpportunityStage,
    Product,
    ReceivedHour,
    Signal,
    SignalKey,
    SyncConflict,
    Team,
    ToldApart,
    UnmappedStage,
    User,
)
from accounts.models.user import UserRole
from clg.fieldpolicy import FieldClass, Mark, Policy, declare, fields_in

PERSON: Final = Policy(FieldClass.IDENTITY, Mark.PERSONAL)
REACH: Final = Policy(FieldClass.CONTACT_DETAILS, Mark.PERSONAL)
COMPANY: Final = Policy(FieldClass.IDENTITY)
MONEY: Final = Policy(FieldClass.MONEY)
SECRET: Final = Policy(FieldClass.SECRET)
SCORE: Final = Policy(FieldClass.SCORES, Mark.PSEUDONYMOUS)
# Of our own people: who sees the row may read it.
COLLEAGUE: Final = Policy(mark=Mark.PERSONAL)
KEY_OF_PERSON: Final = Policy(mark=Mark.PSEUDONYMOUS)

_SYNCED: Final = ("id", "public_id", "version", "created_at", "deleted_at", "complete")

declare(
    Account,
    plain=[*_SYNCED, "industry", "segment", "region", "country", "employees", "lifecycle", "customer_since"]
    + ["renewal_on", "last_sales_activity_at", "parent"],
    name=COMPANY,
    website=COMPANY,
    domain=COMPANY,
    owner=KEY_OF_PERSON,
    owner_email=COLLEAGUE,
    csm=KEY_OF_PERSON,
    csm_email=COLLEAGUE,
)
declare(
    Contact,
    plain=[name for name in _SYNCED if name not in ("id", "public_id")] + ["account"],
    id=KEY_OF_PERSON,
    public_id=KEY_OF_PERSON,
    first_name=PERSON,
    last_name=PERSON,
    email=REACH,
    title=PERSON,
    seniority=KEY_OF_PERSON,
    persona=KEY_OF_PERSON,
    phone=REACH,
    country=KEY_OF_PERSON,
    language=KEY_OF_PERSON,
    left_on=KEY_OF_PERSON,
    successor=KEY_OF_PERSON,
)
declare(Product, plain=["id", "name", "code", "is_active"])
declare(
    Opportunity,
    plain=[*_SYNCED, "account", "name", "kind", "stage", "outcome", "opened_at", "lead_at", "closed_at"]
    + ["expected_close_on", "lead_source", "product", "product_text"],
    amount=MONEY,
    currency=MONEY,
    owner=KEY_OF_PERSON,
    owner_email=COLLEAGUE,
)
declare(OpportunityStage, plain=["id", "opportunity", "stage", "entered_at"])
declare(OpportunityContact, plain=["id", "opportunity", "is_primary"], contact=KEY_OF_PERSON, role=KEY_OF_PERSON)
declare(ExchangeRate, plain=["id", "currency", "on", "rate", "source", "recorded_at"])
declare(
    Signal,
    plain=["id", "kind", "account", "observed_at", "source", "is_current", "recorded_at"],
    contact=KEY_OF_PERSON,
    raw=SCORE,
    value=SCORE,
    external_id=KEY_OF_PERSON,
)
declare(
    SignalKey,
    plain=["id", "source", "signal_id", "clock"],
    external_id=KEY_OF_PERSON,
    payload_hash=KEY_OF_PERSON,
)
declare(
    CrmSource,
    plain=["id", "public_id", "slug", "name", "kind", "ordering", "rank", "time_zone", "currency", "is_active"]
    + ["match_accounts_by_domain", "match_contacts_by_email", "stage_map", "value_maps", "created_at"],
)
declare(
    ExternalIdentity,
    plain=["id", "source", "object_type", "account", "opportunity", "canonical", "state", "clock", "field_clocks"]
    + ["merged_clock", "received_at"],
    external_id=KEY_OF_PERSON,
    related_names=KEY_OF_PERSON,
    contact=KEY_OF_PERSON,
)
declare(
    MergeEvent,
    plain=["id", "public_id", "source", "object_type", "clock", "reason", "actor", "created_at", "undone_at"]
    + ["undone_by"],
    # Of contacts they are keys of persons; the manifest holds keys alone, never values.
    winner_id=KEY_OF_PERSON,
    loser_ids=KEY_OF_PERSON,
    winner_name=KEY_OF_PERSON,
    loser_names=KEY_OF_PERSON,
    result_external_id=KEY_OF_PERSON,
    manifest=KEY_OF_PERSON,
    kept=KEY_OF_PERSON,
)
declare(ToldApart, plain=["id", "object_type", "told_by", "created_at"], keys=KEY_OF_PERSON)
declare(
    SyncConflict,
    plain=["id", "source", "field", "clock", "at"],
    identity=KEY_OF_PERSON,
    kept_hash=KEY_OF_PERSON,
    lost_hash=KEY_OF_PERSON,
)
declare(ImportPreset, plain=["id", "name", "description", "rules", "is_shipped"])
declare(
    ImportJob,
    plain=["id", "public_id", "source", "object_type", "file_format", "operation", "preset", "rules", "default_clock"]
    + ["is_dry_run", "created_at", "file_name", "upload", "sha256", "size", "form", "uploaded_at", "state"]
    + ["started_at", "finished_at", "failure_code", "failure", "total", "processed", "counts", "codes", "warnings"]
    + ["next_byte", "next_line", "taken_at", "lease_until", "fence", "attempts"],
    actor=KEY_OF_PERSON,
)
declare(
    ImportChunk,
    plain=["id", "job", "number", "byte_start", "byte_end", "first_line", "last_line", "rows", "counts"],
    results=REACH,
)
declare(
    ReceivedHour,
    plain=["id", "source", "object_type", "hour", "counts", "refused", "received_at", "clock"],
)
declare(UnmappedStage, plain=["id", "source", "stage", "items", "first_received_at", "received_at"])
declare(
    ApiClient,
    plain=["id", "client_id", "redirect_uris", "post_logout_redirect_uris", "client_type", "name", "algorithm"]
    + ["authorization_grant_type", "hash_client_secret", "skip_authorization", "created", "updated"]
    + ["allowed_origins", "registration_source", "cimd_expires_at", "source", "allowed_scopes", "ip_ranges"]
    + ["expires_at", "is_active", "last_used_at", "batch_status"],
    user=KEY_OF_PERSON,
    client_secret=SECRET,
)
declare(UserRole, plain=["id", "group"], user=KEY_OF_PERSON)
declare(Team, plain=["id", "name", "superior"])
declare(
    User,
    plain=["is_superuser", "team", "time_zone", "is_staff", "is_active", "joined_at"],
    id=KEY_OF_PERSON,
    public_id=KEY_OF_PERSON,
    password=SECRET,
    last_login=COLLEAGUE,
    email=COLLEAGUE,
    name=COLLEAGUE,
    superior=KEY_OF_PERSON,
)

# Doors hide these of a person together.
CONTACT_IDENTITY: Final = fields_in(Contact, FieldClass.IDENTITY)
CONTACT_DETAILS: Final = fields_in(Contact, FieldClass.CONTACT_DETAILS)
