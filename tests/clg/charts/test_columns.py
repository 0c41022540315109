import re

from clg.charts import Column, columns


def draw(rows, **options):
    return columns(rows, alt="Sourced by quarter: 1, 2", tick_text=lambda value: f"{value:g} m", **options)


def heights(markup: str) -> list[float]:
    return [float(found) for found in re.findall(r'<rect class="g-[^"]+" [^>]*height="([\d.]+)"', markup)]


def test_columns_stand_on_one_zero_line_in_proportion():
    low, high = heights(draw([Column("Q1", 1, "1.00"), Column("Q2", 2, "2.00")], tone="sourced"))

    assert high == 2 * low


def test_columns_side_by_side_share_a_ceiling():
    alone, shared = draw([Column("Q1", 1, "1")]), draw([Column("Q1", 1, "1")], ceiling=4)

    assert heights(alone)[0] == 140
    assert heights(shared) == [35]


def test_columns_mark_a_running_period_and_a_range():
    drawn = draw([Column("Q4", 3, "3", low=2, high=3.5, is_open=True)], tone="influenced")

    assert 'class="g-influenced g-open"' in drawn
    assert 'class="g-whisk"' in drawn


def test_columns_draw_no_whisker_without_a_range():
    assert "g-whisk" not in draw([Column("Q4", 3, "3", low=3, high=3)])


def test_columns_of_nothing_keep_the_zero_line_and_the_names():
    drawn = draw([Column("Q1 2026", 0, "—")])

    assert "g-zero" in drawn
    assert "Q1 2026" in drawn
    assert heights(drawn) == []


def test_columns_carry_no_style_script_or_color():
    drawn = draw([Column("Q1", 1, "1")])

    assert not re.search(r"style=|<script|fill=|#[0-9a-f]{3}", drawn)
