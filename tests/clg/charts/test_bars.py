import re
from decimal import Decimal

from clg.charts import Bar, Part, bars, meter, part_bars


def widths(markup: str, class_: str) -> list[str]:
    return re.findall(rf'<rect class="{class_}" x="0" width="([\d.]+)"', markup)


def test_part_bars_share_one_scale_and_end_with_their_sum():
    drawn = part_bars(
        [
            Part("Relationship", "5 of 5", Decimal("17.65"), Decimal("17.65")),
            Part("NPS", "9 of 10", Decimal("11.57"), Decimal("12.85")),
        ],
        note="Coverage 97, confidence 80",
    )

    assert widths(drawn, "most") == ["100.00", "72.80"]
    assert widths(drawn, "got") == ["100.00", "65.55"]
    assert '<span class="pts">11.57<small>of 12.85</small></span>' in drawn
    assert (
        '<li class="sum"><span>Sum of the parts</span><span class="note">Coverage 97, confidence 80</span>'
        '<span class="pts">29.22</span></li>' in drawn
    )


def test_part_bars_show_a_missing_part_as_a_dash_and_not_as_zero():
    drawn = part_bars([Part("CSAT", "No answer in a year", None, None)])

    assert '<li class="missing"><span class="name">CSAT</span>' in drawn
    assert drawn.count('<span class="pts">—</span>') == 2
    assert "0.00" not in drawn


def test_part_bars_keep_a_part_that_gave_nothing():
    drawn = part_bars([Part("Support", "10 P1", Decimal("0.00"), Decimal("5.31"))])

    assert widths(drawn, "got") == ["0.00"]
    assert "0.00<small>of 5.31</small>" in drawn


def test_part_bars_escape_names():
    assert "&lt;script&gt;" in part_bars([Part("<script>", "", Decimal(1), Decimal(1))])


def test_bars_are_in_proportion_to_the_longest():
    drawn = bars([Bar("Call", 10, "10", href="/calls?a=1&b=2"), Bar("Review", 4, "4")], tone="influenced")

    assert widths(drawn, "g-influenced") == ["100.00", "40.00"]
    assert '<a href="/calls?a=1&amp;b=2">Call</a>' in drawn


def test_bars_of_nothing_have_no_length():
    assert widths(bars([Bar("Call", 0, "0")]), "g-accent") == ["0.00"]


def test_meter_fills_and_ticks():
    assert meter(Decimal("78.61"), tick=70, tone="good") == (
        '<svg class="bar good" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="78.61" height="6"></rect><rect class="tick" x="70" width="0.6" height="6"></rect></svg>'
    )


def test_meter_of_an_unknown_value_is_empty():
    assert '<rect width="0.00" height="6">' in meter(None)
