"""Words of the pool: standing, ways to reach somebody, bands and weights of readiness."""

from __future__ import annotations

from django.db import models


class Standing(models.TextChoices):
    """Where a champion stands in the pool; the moves between are `advocacy/readiness/standing.py`."""

    NOMINATED = "nominated", "Nominated"
    INVITED = "invited", "Invited"
    ACTIVE = "active", "Active"
    RESTING = "resting", "Resting"
    PAUSED = "paused", "Paused"
    RETIRED = "retired", "Retired"


class ChampionSource(models.TextChoices):
    NOMINATION = "nomination", "Nomination"
    SIGNAL = "signal", "Signals"
    SELF = "self", "Joined by themselves"
    IMPORT = "import", "Import"
    SUCCESSOR = "successor", "Successor"


class PausedBy(models.TextChoices):
    PERSON = "person", "The person"
    STAFF = "staff", "Staff"


class ReachVia(models.TextChoices):
    DIRECT = "direct", "Directly"
    THROUGH_CSM = "through_csm", "Through the CSM"


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    PHONE = "phone", "Phone"
    CHAT = "chat", "Chat"


class Band(models.TextChoices):
    """A readiness score in one word."""

    READY = "ready", "Ready"
    WARMING = "warming", "Warming"
    NOT_READY = "not_ready", "Not ready"
    UNKNOWN = "unknown", "Unknown"


class ScoreCause(models.TextChoices):
    """What moved a score."""

    SIGNAL = "signal", "Signal"
    WEEK = "week", "Another week"
    MODEL = "model", "Weight set"
    ANSWER = "answer", "Answer"


class MarkReason(models.TextChoices):
    """Why a score is due anew: what the triggers saw, or a person's answer."""

    SIGNAL = "signal", "Signal"
    ANSWER = "answer", "Answer"
    TENURE = "tenure", "Tenure"
    CONTACT = "contact", "Contact"
    CHAMPION = "champion", "Champion"


class MissingRule(models.TextChoices):
    """What a weight set does with a kind that has no signal."""

    REWEIGHT = "reweight", "Left out, the others carry its weight"
    NEUTRAL = "neutral", "Counts as 50"
    ZERO = "zero", "Counts as 0"


class WeightSetState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"
