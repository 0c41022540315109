"""States of the ground floor's own rows."""

from django.db import models


class WorkState(models.TextChoices):
    """Of leased work: waiting, with a worker, done, or given up."""

    PENDING = "pending", "Pending"
    LEASED = "leased", "In delivery"
    DONE = "done", "Delivered"
    DEAD = "dead", "Given up"


class EndpointState(models.TextChoices):
    """Of a webhook endpoint: not yet answered a ping, served, or switched off."""

    PENDING = "pending", "Waiting for its ping"
    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"


class OriginKind(models.TextChoices):
    """What sort of cause an event has; `clg.events.origin` names it."""

    USER = "user", "User"
    CLIENT = "client", "Client"
    LINK = "link", "Link"
    ANONYMOUS = "anonymous", "Anonymous visitor"
    IMPORT = "import", "Import"
    TASK = "task", "Task"
    COMMAND = "command", "Command"
    SYSTEM = "system", "System"


class DisabledReason(models.TextChoices):
    """Why an endpoint is served no more."""

    GONE = "gone", "It answered 410 Gone"
    FAILING = "failing", "It failed for three days"
    BY_HAND = "by_hand", "Switched off by a person or its client"
