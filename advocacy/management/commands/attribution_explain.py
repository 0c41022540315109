"""`manage.py attribution_explain EXTERNAL_ID --model KEY`: who earned which part of one deal, and why."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.choices import IdentityState, ObjectType
from accounts.models import ExternalIdentity
from advocacy.attribution.explain import Reader, explain_deal
from advocacy.attribution.sentences import flag_sentence
from advocacy.models import AttributionModel, AttributionRun
from clg import codes
from clg.commands import AuditedCommand


class Command(AuditedCommand):
    help = "Explain the credit of one deal under one model, from stored rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("external_id", help="the deal's id in its source")
        parser.add_argument("--model", required=True, metavar="KEY")
        parser.add_argument("--run", metavar="ID", help="the state at this run, instead of what holds now")
        parser.add_argument("--source", metavar="SLUG", help="whose id it is, when several sources use it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        identity = _identity(options["external_id"], options["source"])
        answer = explain_deal(
            identity.opportunity,
            _model(options["model"]),
            _run(options["run"]),
            at=timezone.now(),
            reader=Reader(source=identity.source),
        )
        self.stdout.write(json.dumps(answer) if options["json"] else as_text(answer))


def _identity(external_id: str, source: str | None) -> Any:
    named = ExternalIdentity.objects.select_related("opportunity", "source").filter(
        object_type=ObjectType.OPPORTUNITY, external_id=external_id, state=IdentityState.ACTIVE
    )
    if source:
        named = named.filter(source__slug=source)
    found = named.order_by("source__rank").first()
    if found is None:
        raise CommandError(f"No deal is known as {external_id}.", returncode=2)
    return found


def _model(key: str) -> AttributionModel:
    model = AttributionModel.objects.filter(key=key).select_related("current_version__model").first()
    if model is None:
        raise CommandError(f"No attribution model is called {key}.", returncode=2)
    return model


def _run(name: str | None) -> AttributionRun | None:
    if name is None:
        return None
    public_id = codes.decode(AttributionRun.PUBLIC_PREFIX, name)
    run = AttributionRun.objects.filter(public_id=public_id).first() if public_id else None
    if run is None:
        raise CommandError(f"No run is called {name}.", returncode=2)
    return run


def as_text(answer: dict[str, Any]) -> str:
    """The answer for a terminal: one line a touch, then what was refused."""
    deal, model = answer["deal"], answer["model"]
    head = f"{deal['external_id']} ({deal['kind']}, {deal['outcome']}) under {model['key']}"
    if answer["scope"] != "in":
        return f"{head}: {answer['sentence']}"
    basis = answer["basis"]
    lines = [f"{head} v{model['version']}: {basis['amount']} {basis['currency']}"]
    lines += [_line(line) for line in answer["lines"]]
    lines += [
        f"  refused  {row['activity']['kind']}, {row['occurred_at']}: {row['sentence']}" for row in answer["rejected"]
    ]
    lines += [f"  note     {sentence}" for sentence in map(flag_sentence, answer["flags"])]
    check = "adds up" if answer["check"]["adds_up"] else "DOES NOT ADD UP"
    return "\n".join([*lines, f"  {check}: {answer['check']['amount']} {basis['currency']}"])


def _line(line: dict[str, Any]) -> str:
    percent = f"{line['credit_micros'] / 10_000:8.4f} %"
    about = line["activity"]["kind"] if line["activity"] else line["unattributed_reason"]
    return f"{percent} {line['amount']:>14}  {about}: {line['sentence']}"
