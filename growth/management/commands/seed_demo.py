"""`manage.py seed_demo`: load the made-up tenant Corvane."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from advocacy.actions.attribution import attribute_changes
from advocacy.actions.readiness import score_readiness
from clg.commands import AuditedCommand
from clg.errors import DomainError
from growth.demo.load.tenant import STEPS, is_loaded, load_tenant
from growth.demo.people import LOGINS, password_of
from growth.demo.seed import DEFAULT_SEED, Seed
from growth.demo.tenant import Tenant


class Command(AuditedCommand):
    help = "Load the demo tenant: a made-up company with its customers, deals and champions. A second run keeps it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="the same seed gives the same rows")
        parser.add_argument("--at", type=_moment, help="the moment that counts as now (ISO 8601), default: now")
        parser.add_argument("--scale", type=_scale, default=1.0, help="0.1 to 100 times the usual size")
        parser.add_argument("--compute", action="store_true", help="score and attribute here, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        at = options["at"] or timezone.now()
        seed = Seed(options["seed"], at, options["scale"])
        try:
            if is_loaded(seed):
                self.stdout.write(f"The demo tenant of seed {seed.value} is here already: its data is kept.")
            else:
                self._load(seed)
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["compute"]:
            self._compute(at)
        self._print_logins(seed)

    def _compute(self, at: datetime) -> None:
        scored = score_readiness(at=at)
        run = attribute_changes(at=at, by="command")
        sets = run.totals if run else {}
        self.stdout.write(f"Scored {scored.scored} champions; credit under {len(sets)} models.")

    def _load(self, seed: Seed) -> None:
        started = time.monotonic()
        with _without_log_lines():
            tenant = load_tenant(seed, secret=settings.SECRET_KEY, progress=self._show)
        self._show("")
        self.stdout.write(_summary(tenant, time.monotonic() - started))

    def _show(self, step: str) -> None:
        """One bar on a terminal, nothing in a log."""
        if self.stderr.isatty():
            done = STEPS.index(step) if step else len(STEPS)
            bar = "#" * (24 * done // len(STEPS))
            end = "" if step else "\n"
            self.stderr.write(f"\r  [{bar:<24}] {step:<32}", ending=end)
            self.stderr.flush()

    def _print_logins(self, seed: Seed) -> None:
        self.stdout.write("Sign in as (made-up people, this machine only):")
        for person in LOGINS:
            password = password_of(person, seed, settings.SECRET_KEY)
            self.stdout.write(f"  {person.role.label:<26} {person.email:<22} {password}")


@contextmanager
def _without_log_lines() -> Iterator[None]:
    """What loading tells the log is for files; here a person watches."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _scale(text: str) -> float:
    scale = float(text)
    if not 0.01 <= scale <= 100:
        raise ValueError(text)
    return scale


def _summary(tenant: Tenant, seconds: float) -> str:
    return (
        f"Demo tenant Corvane (made up): {len(tenant.companies)} accounts, {len(tenant.contacts)} contacts,"
        f" {len(tenant.deals)} deals, {len(tenant.pool)} champions, {len(tenant.facts)} signals,"
        f" {len(tenant.deeds)} activities, {len(tenant.meetings)} encounters in {seconds:.1f} s."
    )
