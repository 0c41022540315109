"""Linking a source's new accounts to those that stand already: one live account of the same registrable domain.

`shop.acme.co.uk` and `acme.co.uk` are one company's, `acme.co.uk` and `other.co.uk` are not: the Public Suffix List
knows (https://publicsuffix.org, the copy that its package carries; nothing is fetched). `crm-sync` section 2.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from publicsuffixlist import PublicSuffixList

from accounts.sync.objects import ACCOUNT
from accounts.sync.statements import statement


def registrable(host: str) -> str:
    """The domain that its holder registered: the last label above a public suffix; empty for a suffix itself."""
    return str(_suffixes().privatesuffix(host) or "")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def link_accounts(cursor: Any, params: Mapping[str, Any]) -> None:
    """Note on staged rows of new names the account that they are. Three statements whatever their number.

    A name is not linked when two live accounts share its domain, when a name of this source stands for the account
    already, or when two names of the batch want it.
    """
    cursor.execute(statement(ACCOUNT, "match_account_new"), params)
    lines = defaultdict(list)
    for line, domain in cursor.fetchall():
        lines[registrable(domain)].append(line)
    sites = [site for site, found in lines.items() if site and len(found) == 1]
    sites = [site for site in sites if site not in settings.FREE_MAIL_DOMAINS]
    if sites:
        links = _accounts_of(cursor, params, sites)
        pairs = {"lines": [lines[site][0] for site in links], "objects": list(links.values())}
        cursor.execute(statement(ACCOUNT, "match_account"), {**params, **pairs})


def _accounts_of(cursor: Any, params: Mapping[str, Any], sites: list[str]) -> dict[str, int]:
    """Key of the account to link by site."""
    cursor.execute(statement(ACCOUNT, "match_account_site"), {**params, "sites": sites})
    found = defaultdict(list)
    for site, pk, domain, is_named in cursor.fetchall():
        # Below one may lie a suffix that its holder gives away, whose names are companies of their own.
        if registrable(domain) == site:
            found[site].append((pk, is_named))
    return {site: rows[0][0] for site, rows in found.items() if len(rows) == 1 and not rows[0][1]}
