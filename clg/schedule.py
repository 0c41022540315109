"""All periodic work in one list, each with its reason. Tasks of upper floors are named as strings only."""

from __future__ import annotations

from typing import Any, Final

from celery.schedules import crontab

# How often the sweeper looks; whatever Celery lost, two of its rounds put right.
SWEEP_SECONDS: Final = 15

BEAT_SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    # Numbers the outbox, runs due consumers, wakes due work: the safety net under every wake-up call.
    "sweep": {"task": "clg.sweep", "schedule": float(SWEEP_SECONDS)},
    # Answers to keyed requests are kept seven days, claimed ticks one.
    "purge": {"task": "clg.purge", "schedule": crontab(hour=2, minute=40)},
    # Conflicts of the sync are kept 30 days, its figures 400.
    "forget_sync_records": {"task": "accounts.forget_sync_records", "schedule": crontab(hour=2, minute=45)},
    # A digest a day and table: what is changed behind the guards' back shows.
    "write_digests": {"task": "clg.write_digests", "schedule": crontab(hour=2, minute=50)},
    # After the night's full run: what must always hold, proved once a day where nobody runs the command.
    "check_invariants": {"task": "clg.check_invariants", "schedule": crontab(hour=4, minute=30)},
    # Credit follows what changed, and takes over what a lost worker left.
    "attribute_changes": {"task": "advocacy.attribute_changes", "schedule": 30.0},
    # Proves every night that changes runs and a full run agree.
    "attribution_nightly": {"task": "advocacy.attribution_nightly", "schedule": crontab(hour=3, minute=10)},
    # Scores step with signals, and on Mondays with the week; the queue in the database says who is due.
    "score_readiness": {"task": "advocacy.score_readiness", "schedule": 300.0},
    "score_new_week": {"task": "advocacy.score_readiness", "schedule": crontab(minute=5, hour=0, day_of_week="mon")},
    # Rests and pauses end, nominations and invitations that nobody answers lapse.
    "move_standings": {"task": "advocacy.move_standings", "schedule": crontab(minute=20, hour=0)},
    # Reserved minutes of asks that nobody sent come free.
    "expire_asks": {"task": "advocacy.expire_asks", "schedule": crontab(minute=10)},
    # Grants end with their day; what stands on them must come down. Coming ends are told, late takedowns escalated.
    "expire_grants": {"task": "advocacy.expire_grants", "schedule": crontab(hour=0, minute=30)},
    "announce_grant_expiry": {"task": "advocacy.announce_grant_expiry", "schedule": crontab(hour=6, minute=0)},
    "chase_takedowns": {"task": "advocacy.chase_takedowns", "schedule": crontab(hour=6, minute=40)},
    # Goes on with imports whose worker was lost; a start wakes one at once.
    "run_imports": {"task": "accounts.run_imports", "schedule": 30.0},
    # Uploads go a week after the end of their import, results a month.
    "purge_imports": {"task": "accounts.purge_imports", "schedule": crontab(hour=2, minute=45)},
}
