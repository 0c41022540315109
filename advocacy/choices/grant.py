"""Words of grants: who gives, for whose eyes, on what ground. `readiness` section 8."""

from __future__ import annotations

from typing import Final

from django.db import models


class Grantor(models.TextChoices):
    """Which of the two keys a grant is."""

    PERSON = "person", "The person"
    COMPANY = "company", "The company"


class Identity(models.TextChoices):
    """How much of the identity may be shown, from the most open to the most anonymous."""

    FULL = "full", "Full name and company"
    NAME_TITLE = "name_title", "Name and title"
    COMPANY_ONLY = "company_only", "Company only"
    ROLE_INDUSTRY = "role_industry", "Role and industry"
    ANONYMOUS = "anonymous", "Anonymous"


class GrantPartyRole(models.TextChoices):
    """Which part a company plays in a grant."""

    PROSPECT = "prospect", "For this prospect"
    NEVER_TO = "never_to", "Never to this company"


class Audience(models.TextChoices):
    """Who may see what the grant allows; `public` covers all, `under_nda` and `named_prospect` cover `internal`."""

    INTERNAL = "internal", "Internal"
    NAMED_PROSPECT = "named_prospect", "A named prospect"
    UNDER_NDA = "under_nda", "Under NDA"
    PUBLIC = "public", "Public"


class PublicationChannel(models.TextChoices):
    """Where content may appear."""

    WEBSITE = "website", "Website"
    ADS = "ads", "Ads"
    SOCIAL = "social", "Social media"
    SALES_DECK = "sales_deck", "Sales deck"
    EMAIL = "email", "Email"
    MARKETPLACE = "marketplace", "Marketplace"
    PRESS = "press", "Press"
    EVENTS = "events", "Events"


class Basis(models.TextChoices):
    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    LEGITIMATE_INTEREST = "legitimate_interest", "Legitimate interest"


class ProofKind(models.TextChoices):
    """What shows that the grant was given."""

    PORTAL = "portal", "Signed link"
    SIGNED_FORM = "signed_form", "Signed form"
    CONTRACT_CLAUSE = "contract_clause", "Clause of the contract"
    EMAIL = "email", "Email"
    IMPORTED = "imported", "Imported"


class SignerAuthority(models.TextChoices):
    """In what capacity the signer of a company speaks."""

    LEGAL = "legal", "Legal"
    PROCUREMENT = "procurement", "Procurement"
    COMMUNICATIONS = "communications", "Communications"
    MANAGEMENT = "management", "Management"
    CHAMPION = "champion", "The champion themselves"


class GrantState(models.TextChoices):
    """Where a grant stands; the moves between are `advocacy/grants/lifecycle.py`."""

    PROPOSED = "proposed", "Proposed"
    PENDING_PERSON = "pending_person", "Waits for the person"
    PENDING_COMPANY = "pending_company", "Waits for the company"
    GRANTED = "granted", "Granted"
    GRANTED_WITH_LIMITS = "granted_with_limits", "Granted with limits"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    SUPERSEDED = "superseded", "Superseded"


class GrantEnd(models.TextChoices):
    """Why what stood on a grant must come down."""

    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    LEFT_COMPANY = "left_company", "Left the company"
    CHURNED = "churned", "The account churned"
    MERGED = "merged", "The account merged"


GRANT_NOTICE_DAYS: Final = (60, 30, 7)
PROOF_FILE_BYTES_MAX: Final = 10 * 1024 * 1024
