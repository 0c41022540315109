"""Classes and marks of the ground floor's fields that a door shows. `security` sections 2.3 and 10.1."""

from __future__ import annotations

from typing import Final

from clg.fieldpolicy import FieldClass, Mark, Policy, declare
from clg.models import WebhookDelivery, WebhookEndpoint

SECRET: Final = Policy(FieldClass.SECRET)
OWNER: Final = Policy(mark=Mark.PSEUDONYMOUS)

declare(
    WebhookEndpoint,
    plain=["id", "public_id", "url", "description", "event_types", "exclude_own", "state", "disabled_reason"]
    + ["former_until", "version", "created_at", "active_since", "live_from", "owed_from", "shared_types"]
    + ["private_types", "source", "consecutive_failures", "last_success_at", "last_attempt_at", "paused_until"],
    owner=OWNER,
    secret=SECRET,
    former_secret=SECRET,
)
declare(
    WebhookDelivery,
    plain=["id", "public_id", "state", "run_after", "attempts", "lease_until", "fence", "endpoint", "event", "cause"]
    + ["created_at", "attempted_at", "finished_at", "status", "latency_ms", "error", "answer"],
)
