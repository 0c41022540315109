from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Inside, because models must be loaded first.
        from accounts.hooks import register_after_signals, register_watched  # noqa: PLC0415 - see above
        from advocacy import feed, hooks  # noqa: PLC0415 - see above
        from advocacy.asks import invariants as of_asks  # noqa: PLC0415 - see above
        from advocacy.attribution import invariants as of_credit  # noqa: PLC0415 - see above
        from advocacy.grants import invariants as of_grants  # noqa: PLC0415 - see above
        from advocacy.querysets.champion import champions_among  # noqa: PLC0415 - see above
        from advocacy.readiness import invariants as of_scores  # noqa: PLC0415 - see above
        from advocacy.waking import wake_scorer  # noqa: PLC0415 - see above

        register_after_signals(wake_scorer)
        register_watched(champions_among)
        hooks.register_merges()
        of_credit.register_invariants()
        of_scores.register_invariants()
        of_asks.register_invariants()
        of_grants.register_invariants()
        feed.register_feed()
