from datetime import date
from decimal import Decimal

from clg.charts import Level, Step, sparkline, step_line

SINCE, UNTIL = date(2026, 5, 25), date(2026, 11, 23)


def draw(*steps):
    return step_line(steps, since=SINCE, until=UNTIL, alt="Readiness rose", levels=[Level(70, "ready from 70")])


def test_sparkline_lifts_the_pen_over_a_gap_and_ends_in_a_dot():
    drawn = sparkline([0, 10, None, 10], alt="Up", width=34, height=28)

    assert 'd="M2 25L11.3 3M30 3"' in drawn
    assert '<circle class="g-dot" cx="30" cy="3" r="2.5">' in drawn


def test_sparkline_of_nothing_draws_no_line():
    assert sparkline([None], alt="Unknown") == (
        '<svg class="spark" viewBox="0 0 112 28" role="img" aria-label="Unknown"></svg>'
    )


def test_sparkline_shows_its_target():
    assert 'class="target"' in sparkline([1, 2], alt="Up", target=3)


def test_step_line_starts_with_the_value_in_force_and_holds_it():
    drawn = draw(Step(date(2026, 1, 5), Decimal(60)), Step(date(2026, 8, 24), Decimal(80)))

    assert 'd="M36 98H266V42H496"' in drawn


def test_step_line_leaves_out_what_is_unknown():
    drawn = draw(Step(SINCE, Decimal(60)), Step(date(2026, 8, 24), None))

    assert 'd="M36 88.7H266"' in drawn
    assert "g-dot" not in drawn


def test_step_line_names_its_levels_and_days():
    drawn = draw(Step(SINCE, Decimal("78.61")))

    assert "ready from 70" in drawn
    assert "25 May" in drawn
    assert "23 Nov" in drawn
    assert ">78.6</text>" in drawn


def test_step_line_without_steps_keeps_its_axis():
    drawn = draw()

    assert 'class="g-line"' in drawn
    assert 'class="g-stroke" d=""' in drawn
