"""Words of uses, grants, asks and budgets. `readiness` sections 5, 6 and 8."""

from __future__ import annotations

from typing import Final

from django.db import models


class Use(models.TextChoices):
    """What a champion may be asked for: one vocabulary for grants, asks and preferences."""

    INVITATION = "invitation", "Invitation"
    GRANT_REQUEST = "grant_request", "Grant request"
    SURVEY = "survey", "Survey"
    REVIEW = "review", "Review"
    SOCIAL = "social", "Social post"
    REFERRAL = "referral", "Referral"
    ANONYMOUS_QUOTE = "anonymous_quote", "Anonymous quote"
    QUOTE = "quote", "Quote"
    LOGO = "logo", "Logo"
    EMAIL_QA = "email_qa", "Questions by email"
    WRITTEN_REFERENCE = "written_reference", "Written reference"
    AWARD = "award", "Award"
    INVESTOR_MATERIAL = "investor_material", "Investor material"
    CALL = "call", "Reference call"
    GROUP_CALL = "group_call", "Group call"
    SITE_VISIT = "site_visit", "Site visit"
    VIDEO = "video", "Video"
    PODCAST = "podcast", "Podcast"
    WEBINAR = "webinar", "Webinar"
    PRESS = "press", "Press"
    ANALYST = "analyst", "Analyst call"
    CASE_STUDY = "case_study", "Case study"
    EVENT_TALK = "event_talk", "Talk at an event"
    ADVISORY_BOARD = "advisory_board", "Advisory board"
    BETA = "beta", "Beta program"
    AI_TRAINING = "ai_training", "Training of AI"


class Preference(models.TextChoices):
    """How much the person likes one use."""

    GLADLY = "gladly", "Gladly"
    FINE = "fine", "Fine"
    RARELY = "rarely", "Rarely"
    NO = "no", "No"


class Gate(models.TextChoices):
    """Reasons that forbid an ask whatever the scores say, in the order they are told."""

    NOT_ACTIVE = "not_active", "Not active"
    LEFT_COMPANY = "left_company", "Left the company"
    PAUSED = "paused", "Paused"
    NO_PERSON_GRANT = "no_person_grant", "No grant of the person"
    NO_COMPANY_GRANT = "no_company_grant", "No grant of the company"
    PUBLIC_SECTOR_LIMIT = "public_sector_limit", "Limit of the public sector"
    PROSPECT_CONFLICT = "prospect_conflict", "Conflict with the prospect"
    ESCALATION_OPEN = "escalation_open", "Open escalation"
    ACCOUNT_AT_RISK = "account_at_risk", "Account at risk"
    RENEWAL_WINDOW = "renewal_window", "Renewal near"
    RESTING = "resting", "Resting"
    DECLINED_RECENTLY = "declined_recently", "Declined recently"
    ASK_PENDING = "ask_pending", "Ask pending"
    CAP_USE = "cap_use", "Cap of the use reached"
    CAP_ALL = "cap_all", "Cap of all asks reached"
    BUDGET_PERSON = "budget_person", "Over the person's budget"
    BUDGET_ACCOUNT = "budget_account", "Over the account's budget"
    BLACKOUT = "blackout", "Blackout"
    PROFILE_LAPSED = "profile_lapsed", "Profile lapsed"


class AskState(models.TextChoices):
    """Where an ask stands; the moves between are `advocacy/asks/lifecycle.py`."""

    RESERVED = "reserved", "Reserved"
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    LATER = "later", "Later"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DONE = "done", "Done"
    MISSED = "missed", "Missed"
    LOGGED = "logged", "Logged"


class AskEnd(models.TextChoices):
    """Why an ask ended without being done, where nobody declined it."""

    WITHDRAWN = "withdrawn", "Withdrawn by us"
    UNSENT = "unsent", "Never sent"
    NO_ANSWER = "no_answer", "No answer"
    GRANT_ENDED = "grant_ended", "A grant ended"
    DEPARTED = "departed", "Left the company"
    CANCELED = "canceled", "Called off"


class DeclineReason(models.TextChoices):
    NOT_THIS_PROSPECT = "not_this_prospect", "Not this prospect"
    TOO_BUSY = "too_busy", "Too busy"
    NOT_THIS_USE = "not_this_use", "Not this kind of ask"
    COMPANY_POLICY = "company_policy", "Company policy"
    UNHAPPY = "unhappy", "Unhappy with us"
    OTHER = "other", "Another reason"


class AskChannel(models.TextChoices):
    """How an ask or answer outside the system travelled."""

    DIRECT_MESSAGE = "direct_message", "Direct message"
    EMAIL = "email", "Email"
    PHONE = "phone", "Phone"
    IN_PERSON = "in_person", "In person"
    OTHER = "other", "Other"


class LoggedOutcome(models.TextChoices):
    """What came of an ask made outside the system."""

    ASKED = "asked", "Asked"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    DONE = "done", "Done"


class MissedBy(models.TextChoices):
    """Who did not come, or who called a meeting off."""

    CHAMPION = "champion", "The champion"
    US = "us", "Our side"
    PROSPECT = "prospect", "The prospect"


class EffortBucket(models.TextChoices):
    RESERVED = "reserved", "Reserved"
    CONSUMED = "consumed", "Consumed"


class BudgetScope(models.TextChoices):
    """Whom a budget covers; the narrowest valid one wins."""

    TENANT = "tenant", "Everybody"
    SEGMENT = "segment", "A segment"
    ACCOUNT = "account", "An account"
    CHAMPION = "champion", "A champion"


class BlackoutScope(models.TextChoices):
    """Whom a blackout covers."""

    TENANT = "tenant", "Everybody"
    COUNTRY = "country", "A country"
    ACCOUNT = "account", "An account"
    CHAMPION = "champion", "A champion"


class WillingnessBand(models.TextChoices):
    """A willingness in one word."""

    LIKELY = "likely", "Likely"
    EVEN = "even", "Even"
    UNLIKELY = "unlikely", "Unlikely"


class Evidence(models.TextChoices):
    """On how many own answers of 730 days a willingness stands: none, 1-2, 3 or more."""

    NONE = "none", "None"
    THIN = "thin", "Thin"
    GOOD = "good", "Good"


class GiftKind(models.TextChoices):
    CASH = "cash", "Cash"
    GIFT_CARD = "gift_card", "Gift card"
    DONATION = "donation", "Donation"
    ITEM = "item", "Item"
    HOSPITALITY = "hospitality", "Hospitality"


EFFORT_WINDOW_DAYS: Final = 90
ASK_MINUTES: Final = (5, 480)
ACTUAL_MINUTES: Final = (0, 960)
OVERRIDE_REASON_LENGTH: Final = (10, 500)
LOG_DAYS_BACK: Final = 90

# Log-odds of the share of asks that people accept before anything is known of them: ln(p / (1 - p)), 4 decimals.
BASE_LOG_ODDS: Final = {
    Use.INVITATION.value: "0.0000",
    Use.GRANT_REQUEST.value: "0.2007",
    Use.SURVEY.value: "-0.4055",
    Use.REVIEW.value: "0.2007",
    Use.SOCIAL.value: "0.4055",
    Use.REFERRAL.value: "-0.2007",
    Use.ANONYMOUS_QUOTE.value: "0.8473",
    Use.QUOTE.value: "0.4055",
    Use.LOGO.value: "-0.2007",
    Use.EMAIL_QA.value: "0.6190",
    Use.WRITTEN_REFERENCE.value: "0.2007",
    Use.AWARD.value: "-0.2007",
    Use.INVESTOR_MATERIAL.value: "-0.6190",
    Use.CALL.value: "0.4895",
    Use.GROUP_CALL.value: "0.2007",
    Use.SITE_VISIT.value: "-0.8473",
    Use.VIDEO.value: "-0.4055",
    Use.PODCAST.value: "-0.4055",
    Use.WEBINAR.value: "-0.4055",
    Use.PRESS.value: "-0.8473",
    Use.ANALYST.value: "-0.2007",
    Use.CASE_STUDY.value: "-0.4055",
    Use.EVENT_TALK.value: "-0.6190",
    Use.ADVISORY_BOARD.value: "0.0000",
    Use.BETA.value: "0.2007",
}
