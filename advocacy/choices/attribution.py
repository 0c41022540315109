"""Words and fixed registries of activities, encounters, touches and credit."""

from __future__ import annotations

from typing import Final

from django.db import models


class ActivityKind(models.TextChoices):
    """What a champion can do for us: the one registry."""

    REFERENCE_CALL = "reference_call", "Reference call"
    GROUP_CALL = "group_call", "Group call"
    SITE_VISIT = "site_visit", "Site visit"
    EMAIL_QA = "email_qa", "Questions by email"
    WRITTEN_REFERENCE = "written_reference", "Written reference"
    WRITTEN_ANSWER = "written_answer", "Written answer"
    RECORDED_ANSWER = "recorded_answer", "Recorded answer"
    ANALYST_CALL = "analyst_call", "Analyst call"
    PRESS_INTERVIEW = "press_interview", "Press interview"
    QUOTE = "quote", "Quote"
    LOGO = "logo", "Logo"
    REVIEW = "review", "Review"
    CASE_STUDY = "case_study", "Case study"
    VIDEO = "video", "Video"
    PODCAST = "podcast", "Podcast"
    WEBINAR = "webinar", "Webinar"
    SPEAKING = "speaking", "Speaking"
    ADVISORY_BOARD = "advisory_board", "Advisory board"
    BETA_FEEDBACK = "beta_feedback", "Beta feedback"
    AWARD = "award", "Award"
    SOCIAL = "social", "Social post"
    INVESTOR_MATERIAL = "investor_material", "Investor material"
    COMMUNITY_ANSWER = "community_answer", "Community answer"
    COMMUNITY_CONTRIBUTION = "community_contribution", "Community contribution"
    INTRODUCTION = "introduction", "Introduction"
    REFERRAL = "referral", "Referral"


class RecordType(models.TextChoices):
    """What outside sources record of their own."""

    ACTIVITY = "activity", "activity"
    ENCOUNTER = "encounter", "encounter"


class EncounterKind(models.TextChoices):
    CONVERSATION = "conversation", "Conversation"
    CONTENT = "content", "Content"
    EVENT = "event", "Event"
    INTRODUCTION = "introduction", "Introduction"
    REFERRAL = "referral", "Referral"
    REVIEW = "review", "Review"


class TouchRole(models.TextChoices):
    SOURCED = "sourced", "Sourced"
    INFLUENCED = "influenced", "Influenced"


class Question(models.TextChoices):
    """The two questions, never added."""

    SOURCED = "sourced", "Sourced"
    INFLUENCED = "influenced", "Influenced"


class Rung(models.IntegerChoices):
    """The match ladder: how surely an encounter met a deal, strongest first."""

    EXPLICIT = 1, "explicit"
    CONTACT_ROLE = 2, "contact_role"
    ACCOUNT_CONTACT = 3, "account_contact"
    ACCOUNT = 4, "account"
    DOMAIN = 5, "domain"
    PARENT = 6, "parent"


class Side(models.TextChoices):
    """Whose advocacy it was, seen from the deal."""

    OWN = "own", "Own"
    FAMILY = "family", "Family"
    PEER = "peer", "Peer"


class VoidReason(models.TextChoices):
    WITHDRAWN = "withdrawn", "Withdrawn"
    DUPLICATE_ACTIVITY = "duplicate_activity", "Duplicate activity"


class Refusal(models.IntegerChoices):
    """Why a touch earns nothing under a version: checked in this order, the first that fails is stored."""

    WITHDRAWN = 1, "withdrawn"
    DUPLICATE_ACTIVITY = 2, "duplicate_activity"
    ROLE_NOT_SOURCED = 3, "role_not_sourced"
    SIDE_NOT_ADMITTED = 4, "side_not_admitted"
    RUNG_NOT_ADMITTED = 5, "rung_not_admitted"
    KIND_NOT_ADMITTED = 6, "kind_not_admitted"
    AFTER_AS_OF = 7, "after_as_of"
    AFTER_ANCHOR = 8, "after_anchor"
    OUTSIDE_WINDOW = 9, "outside_window"
    EARLIER_OPPORTUNITY = 10, "earlier_opportunity"
    DUPLICATE = 11, "duplicate"


class Unattributed(models.TextChoices):
    """Why a line has no touch."""

    NO_TOUCH = "no_touch", "No touch"
    NO_ELIGIBLE_TOUCH = "no_eligible_touch", "No eligible touch"
    NO_WEIGHT = "no_weight", "No weight"
    NOT_BY_REFERENCES = "not_by_references", "Not by references"


class SetState(models.TextChoices):
    LINES = "lines", "Lines"
    CLOSED = "closed", "Closed"


class ClosedReason(models.TextChoices):
    """Why a deal has left a model's scope, in the order checked, and the retired model."""

    DELETED = "deleted", "Deleted"
    NOT_OPENED_YET = "not_opened_yet", "Not opened yet"
    KIND_OUT_OF_SCOPE = "kind_out_of_scope", "Kind out of scope"
    MILESTONE_NOT_REACHED = "milestone_not_reached", "Milestone not reached"
    NO_BUYER_REPORT = "no_buyer_report", "No buyer report"
    MODEL_RETIRED = "model_retired", "Model retired"


class Cause(models.TextChoices):
    """What made a deal due; a set keeps the cause of its oldest mark."""

    TOUCH = "touch", "Touch"
    MATCH = "match", "Match"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    DEAL = "deal", "Deal"
    STAGE = "stage", "Stage"
    RATE = "rate", "Rate"
    REPORT = "report", "Buyer report"
    MODEL = "model", "Model"
    CLOCK = "clock", "Clock"
    FULL = "full", "Full run"


class RunKind(models.TextChoices):
    CHANGES = "changes", "Changes"
    FULL = "full", "Full"
    MODEL = "model", "Model"
    AS_OF = "as_of", "As of"


class RunStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class Family(models.TextChoices):
    """Families of rules. The fitted and buyer-reported ones join with their calculation."""

    POSITIONS = "positions", "Positions"
    LAST_NON = "last_non", "Last of another kind"
    TIME_DECAY = "time_decay", "Time decay"


class Dedupe(models.TextChoices):
    NONE = "none", "None"
    COLLAPSE = "collapse", "Collapse neighbours"
    FIRST = "first", "First of each activity"
    LAST = "last", "Last of each activity"


MATCH_DAYS_BEFORE_OPENING: Final = 730
RATE_MAX_AGE_DAYS: Final = 45
FUTURE_TOLERANCE_MINUTES: Final = 10
WINDOW_DAYS_MAX: Final = 730
# A run that moves more heads tells the feed to read everything anew instead of naming each.
MASS_HEADS: Final = 100_000
