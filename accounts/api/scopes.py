"""What an API client's token may do. Each scope with the sentence of the API documents."""

from __future__ import annotations

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "accounts:read": "Read accounts.",
    "accounts:write": "Push accounts.",
    "contacts:read": "Read contacts, with email and phone.",
    "contacts:write": "Push contacts.",
    "opportunities:read": "Read opportunities.",
    "opportunities:write": "Push opportunities.",
    "activities:read": "Read activities, encounters and touches.",
    "activities:write": "Push activities and encounters.",
    "attribution:read": "Read attribution: credit, summaries, runs and explanations.",
    "champions:read": "Read champions and readiness; without it champions stay null elsewhere.",
    "signals:write": "Push signals.",
    "changes:read": "Follow the change feed.",
    "imports:write": "Run import jobs.",
    "webhooks:manage": "Manage webhook endpoints.",
    "source:read": "Read the status of the client's own source.",
}
