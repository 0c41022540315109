"""Credit by polars: read deals and touches, divide them in memory under the five seeded models, COPY the rows back.

What a data team would write instead of SQL in the database. In its favor: nothing is matched, refusals are not kept,
time decay is floating point, fingerprints are no hashes, no events, one generation, one transaction. Against it as
against us: the ledger's own guards, which are part of the tables.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl
from django.db import connection, transaction
from polars import col

from advocacy.models import AttributionModel, AttributionRun
from benchmarks.tables import number

DAY_US: Final = 86_400_000_000
PAIR: Final = ("model_id", "opportunity_id")
DEALS: Final = """
    SELECT f.id AS fact_id, f.opportunity_id, f.account_id, f.kind, f.currency, f.outcome, f.amount::float8 AS amount,
           (date_part('epoch', f.opened_at) * 1000000)::bigint AS opened,
           (date_part('epoch', f.closed_at) * 1000000)::bigint AS closed
    FROM advocacy_opportunityfact f WHERE f.superseded_at IS NULL AND NOT f.is_deleted
"""
TOUCHES: Final = """
    SELECT id AS touch_id, opportunity_id, activity_id, encounter_id, role, rung, side,
           (date_part('epoch', occurred_at) * 1000000)::bigint AS occurred
    FROM advocacy_touch WHERE superseded_at IS NULL AND void_reason = ''
"""
RATES: Final = """SELECT id AS rate_id, currency, "on" - DATE '1970-01-01' AS day, rate FROM accounts_exchangerate"""
LINES: Final = ("credit_set_id", "line_no", "touch_id", "unattributed_reason", "raw", "credit_micros", "amount_minor",
                "reporting_minor")  # fmt: skip
SETS: Final = ("id", "run_id", "model_id", "model_version_id", "opportunity_id", "generation", "cause", "state",
               "fact_id", "rate_id", "as_of", "path", "rejected", "rejected_codes", "outcome", "basis_minor",
               "currency", "reporting_minor", "reporting_currency", "raw_total", "flags", "fingerprint")  # fmt: skip
HEADS: Final = ("public_id", "model_id", "opportunity_id", "credit_set_id", "generation")


def attribute_by_polars(at: dt.datetime) -> None:
    """All deals, into an empty ledger."""
    run = AttributionRun.objects.create(kind="full", as_of=at, status="running")
    deals = _deals(int(at.timestamp() * 1_000_000))
    paths = _paths(deals)
    lines = _rounded(_lines(deals, paths), deals)
    first = number("SELECT nextval('advocacy_creditset_id_seq')")
    sets = lines.select(PAIR).unique(maintain_order=True).with_row_index("n")
    sets = sets.with_columns(credit_set_id=col("n").cast(pl.Int64) + first)
    with transaction.atomic():
        _write("advocacy_credit", LINES, lines.join(sets, on=PAIR))
        _write("advocacy_creditset", SETS, _headers(sets, lines, deals, run, at))
        _write("advocacy_credithead", HEADS, sets.with_columns(_named("public_id", "credit_set_id"), generation=1))


def _deals(at_us: int) -> pl.DataFrame:
    """As of a moment: closed or open, the restart of the account, the rate, basis and reporting basis."""
    deals = _read(DEALS).with_columns(
        closed=pl.when((col("outcome") != "open") & (col("closed") <= at_us)).then("closed")
    )
    deals = deals.with_columns(
        anchor=col("closed").fill_null(at_us),
        outcome=pl.when(col("closed").is_null()).then(pl.lit("open")).otherwise("outcome"),
        day=col("closed").fill_null(col("opened")) // DAY_US,
    )
    won = deals.filter(col("outcome") == "won").select("account_id", restart="closed").sort("restart")
    deals = deals.sort("opened").join_asof(
        won, left_on="opened", right_on="restart", by="account_id", coalesce=False, check_sortedness=False
    )
    rates = _read(RATES).sort("day")
    deals = deals.sort("day").join_asof(rates, on="day", by="currency", tolerance=45, check_sortedness=False)
    rate = pl.when(col("currency") == "USD").then(1.0).otherwise(col("rate"))
    digits = pl.when(col("currency") == "JPY").then(1).otherwise(100)
    return deals.filter(col("opened") <= at_us).with_columns(
        basis=(col("amount") * digits).round().cast(pl.Int64),
        reporting=(col("amount") * 100 * rate).round().cast(pl.Int64),
    )


def _paths(deals: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The touches in order that the sourced and the influenced models admit, with place and length."""
    met = _read(TOUCHES).join(
        deals.select("opportunity_id", "kind", "opened", "anchor", "restart"), on="opportunity_id"
    )
    met = met.filter(
        col("occurred") >= col("opened") - 180 * DAY_US,
        (col("rung") == 1) | col("restart").is_null() | (col("occurred") > col("restart")),
    ).sort("opportunity_id", "occurred", "activity_id", "encounter_id")
    sourced = met.filter((col("role") == "sourced") & (col("kind") != "renewal") & (col("occurred") <= col("opened")))
    near = met.filter((col("rung") <= 4) & (col("side") != "own") & (col("occurred") <= col("anchor")))
    repeat = col("activity_id") == col("activity_id").shift(1).over("opportunity_id")
    return {"sourced": _placed(sourced), "influenced": _placed(near.filter(~repeat.fill_null(value=False)))}


def _placed(path: pl.DataFrame) -> pl.DataFrame:
    return path.with_columns(
        place=pl.int_range(1, pl.len() + 1).over("opportunity_id"),
        places=pl.len().over("opportunity_id"),
        age=col("occurred").last().over("opportunity_id") - col("occurred"),
    )


def _lines(deals: pl.DataFrame, paths: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One line a model, deal and weighty touch; one without touch where there is none."""
    ends = (col("place") == 1) | (col("place") == col("places"))
    weights = {
        "sourced-first": ("sourced", pl.when(col("place") == 1).then(1)),
        "influenced-linear": ("influenced", pl.lit(1)),
        "influenced-last": ("influenced", pl.when(col("place") == col("places")).then(1)),
        "influenced-u": (
            "influenced",
            pl.when(ends)
            .then(pl.max_horizontal(pl.lit(1), col("places").cast(pl.Int64) - 2) * 400_000)
            .otherwise(200_000),
        ),
        "influenced-decay": (
            "influenced",
            ((pl.lit(2.0) ** (-col("age") / (30.0 * DAY_US))) * 1e9).round(),
        ),
    }
    frames = []
    for model in AttributionModel.objects.filter(is_active=True).select_related("current_version"):
        profile, weight = weights[model.key]
        whole = deals if model.question == "influenced" else deals.filter(col("kind") != "renewal")
        path = paths[profile].with_columns(raw=weight.cast(pl.Int64)).filter(col("raw") > 0)
        lines = whole.select("opportunity_id").join(
            path.select("opportunity_id", "touch_id", "place", "raw"), on="opportunity_id", how="left"
        )
        frames.append(lines.with_columns(model_id=pl.lit(model.pk), model_version_id=pl.lit(model.current_version_id)))
    return pl.concat(frames).with_columns(
        raw=col("raw").fill_null(1),
        unattributed_reason=pl.when(col("touch_id").is_null()).then(pl.lit("no_touch")).otherwise(pl.lit("")),
    )


def _rounded(lines: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """Largest remainder, three times."""
    lines = lines.join(deals.select("opportunity_id", "basis", "reporting"), on="opportunity_id")
    lines = lines.sort("opportunity_id", "model_id", "place", nulls_last=True)
    lines = lines.with_columns(
        total=col("raw").sum().over(PAIR), line_no=pl.int_range(1, pl.len() + 1).over(PAIR), micros=pl.lit(1_000_000)
    )
    for whole, part in (("micros", "credit_micros"), ("basis", "amount_minor"), ("reporting", "reporting_minor")):
        lines = lines.with_columns(
            floor=col(whole) * col("raw") // col("total"), rest=-(col(whole) * col("raw") % col("total"))
        )
        missing = col(whole) - col("floor").sum().over(PAIR)
        more = (col("rest").rank("ordinal").over(PAIR) <= missing).cast(pl.Int64)
        lines = lines.with_columns((col("floor") + more).alias(part))
    return lines


def _headers(
    sets: pl.DataFrame, lines: pl.DataFrame, deals: pl.DataFrame, run: AttributionRun, at: dt.datetime
) -> pl.DataFrame:
    touches = col("touch_id").drop_nulls().cast(pl.String)
    made = lines.group_by(*PAIR, "model_version_id").agg(
        raw_total=col("raw").sum(), path=pl.concat_str(pl.lit("{"), touches.str.join(","), pl.lit("}")).first()
    )
    found = sets.join(made, on=PAIR).join(deals, on="opportunity_id").sort("credit_set_id")
    return found.with_columns(
        _named("fingerprint", "credit_set_id"), id=col("credit_set_id"), run_id=pl.lit(run.pk), generation=1,
        cause=pl.lit("full"), state=pl.lit("lines"), as_of=pl.lit(at.isoformat()), rejected=pl.lit("{}"),
        rejected_codes=pl.lit("{}"), basis_minor=col("basis"), reporting_minor=col("reporting"),
        reporting_currency=pl.lit("USD"), flags=pl.lit("{}"),
    )  # fmt: skip


def _named(name: str, key: str) -> pl.Expr:
    """32 hex digits, as unique as the key."""
    return col(key).cast(pl.String).str.zfill(32).alias(name)


def _read(query: str) -> pl.DataFrame:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy:
        return pl.read_csv(b"".join(bytes(block) for block in copy), infer_schema_length=None)


def _write(table: str, columns: tuple[str, ...], rows: pl.DataFrame) -> None:
    text = rows.select(columns).write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write(text)
