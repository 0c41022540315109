"""Our own bans hold in all of our code, each exception with its reason; and each ban catches what it is for."""

from __future__ import annotations

import re

import pytest

from tests.security.bans import ROOT, breaches_of, sources

# (ban, file, a part of the code) -> why it is right there.
ALLOWED = {
    ("http outside egress", "clg/processes.py", "HTTPConnection"): "asks our own web process on loopback how it is",
    ("http outside egress", "clg/events/egress.py", ""): "the way out itself",
    ("formatted SQL", "accounts/sync/engine.py", "ANALYZE {table}"): "our own table, which no parameter can name",
    ("formatted SQL", "growth/demo/load/crm.py", "ANALYZE"): "our own tables, which no parameter can name",
    ("formatted SQL", "growth/demo/load/public_ids.py", "TRIGGER demo_public_id"): "our own tables, of the demo alone",
    (
        "formatted SQL",
        "advocacy/readiness/scoring.py",
        "_sql('readiness.sql')",
    ): ".sql files of ours, one after another",
    ("delay before commit", "growth/management/commands/demo.py", "score_readiness"): "a command; nothing is open",
    (
        "delay before commit",
        "growth/management/commands/demo.py",
        "attribute_changes",
    ): "a command, nothing is open",
    ("delay before commit", "clg/events/waking.py", "send_task"): "called by on_commit alone",
    ("sight", "accounts/api/authentication.py", "AccessToken"): "the token itself says who asks",
    ("sight", "accounts/admin/user.py", "SecurityLog"): "the ground floor knows no principals; asked in the next line",
    ("sight", "accounts/api/synced.py", "ExternalIdentity"): "cut to the caller's own source",
    ("sight", "advocacy/api/summaries.py", "Account"): "keys of lines of the deals in sight, companies",
    ("sight", "advocacy/api/summaries.py", "Activity"): "keys of lines of the deals in sight, acts",
    ("sight", "advocacy/api/summaries.py", "Champion"): "grouped by champion only for who sees all of them",
    ("sight", "advocacy/admin/deal_touches.py", "AttributionDirty"): "whether anything waits, of a deal in sight",
    ("sight", "accounts/admin/user.py", "Group"): "roles, which are no secret",
    ("sight", "clg/admin/saved_filters.py", "SavedFilter"): "cut to who saved them",
    ("sight", "advocacy/admin/touch_acts.py", "TouchAcceptance"): "of a touch in sight",
    ("sight", "advocacy/admin/touch_acts.py", "Touch.objects.doubles_of"): "whether there is one, of a touch in sight",
    ("sight", "advocacy/admin/version_page.py", "Touch"): "a preview for marketers, who see every touch",
    ("sight", "advocacy/admin/version_page.py", "Opportunity.objects.in_bulk"): "keys of deals in sight",
    ("formatted SQL", "advocacy/attribution/summaries.py", "_sql(name)"): "a .sql file of ours with our own columns",
    ("formatted SQL", "clg/session_tables.py", "{table}"): "a table named in the code",
    ("sight", "accounts/admin/imports.py", "CrmSource"): "choices of a form for who may import, who sees every source",
    (
        "sight",
        "accounts/admin/imports.py",
        "ImportPreset",
    ): "choices of a form for who may import, who sees each preset",
    ("sight", "accounts/admin/outbox.py", "OutboxEvent"): "events name no person; asked in the next line",
    ("sight", "accounts/admin/outbox.py", "FeedConsumer"): "readers of the outbox; asked in the next line",
    ("sight", "accounts/admin/outbox.py", "ConsumerFailure"): "failures of readers; asked in the next line",
    ("sight", "accounts/api/merge.py", "winner_id"): "the row that the caller's own names have just won",
    ("formatted SQL", "accounts/sync/unmerging.py", "history h"): "table and columns of one constant per object",
    ("sight", "clg/api/idempotency.py", "IdempotencyKey"): "cut to the caller itself",
}


def reason_for(breach):
    file = breach.place.split(":")[0]
    return next(
        (
            why
            for (ban, name, part), why in ALLOWED.items()
            if ban == breach.ban and name == file and part in breach.code
        ),
        None,
    )


def all_breaches():
    return [one for path in sources() for one in breaches_of(path.read_text(), str(path.relative_to(ROOT)))]


def test_nothing_banned_stands_in_our_code():
    assert [str(breach) for breach in all_breaches() if reason_for(breach) is None] == []


def test_every_exception_is_needed():
    used = {reason for breach in all_breaches() if (reason := reason_for(breach))}

    assert used == set(ALLOWED.values())


@pytest.mark.parametrize(
    ("ban", "code"),
    [
        ("http outside egress", "import httpx"),
        ("http outside egress", "from urllib import request"),
        ("http outside egress", "from http.client import HTTPSConnection"),
        ("mark_safe", "mark_safe(text)"),
        ("mark_safe", "safestring.SafeString(f'<b>{name}</b>')"),
        ("extra", "rows.extra(where=[asked])"),
        ("formatted SQL", "cursor.execute(f'SELECT {column}')"),
        ("formatted SQL", "cursor.execute('SELECT %s' % column)"),
        ("formatted SQL", "cursor.execute('SELECT {}'.format(column))"),
        ("formatted SQL", "Account.objects.raw('SELECT ' + column)"),
        ("__all__", "class Meta:\n    fields = '__all__'"),
        ("csrf_exempt", "from django.views.decorators.csrf import csrf_exempt"),
        ("== on a secret", "if given_token == row.token: pass"),
        ("== on a secret", "ok = digest != self.hmac"),
        ("delay before commit", "score.delay(1)"),
        ("delay before commit", "score.apply_async((1,))"),
        ("pickle", "import pickle"),
        ("yaml.load", "yaml.load(text)"),
        ("sight", "Account.objects.filter(name=name)"),
        ("sight", "Account.objects.all().visible_to(user)"),
        ("sight", "rows.get(pk=request.GET['id'])"),
        ("sight", "get_object_or_404(Account, pk=pk)"),
    ],
)
def test_ban_catches(ban, code):
    assert ban in {breach.ban for breach in breaches_of(code, "accounts/admin/some.py")}


@pytest.mark.parametrize(
    "code",
    [
        "Account.objects.visible_to(user).filter(name=name)",
        "Account.objects.visible_to(user).get(pk=pk)",
        "cursor.execute('SELECT %s', [column])",
        "cursor.execute(sql.SQL('SELECT {}').format(name))",
        "if kind == 'token': pass",
        "mark_safe('<b></b>')",
        "score.delay_on_commit(1)",
    ],
)
def test_ban_lets_pass(code):
    assert breaches_of(code, "accounts/admin/some.py") == []


def test_templates_switch_no_escaping_off():
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b")

    found = [path for path in (ROOT / "templates").rglob("*.html") if unsafe.search(path.read_text())]

    assert found == []
