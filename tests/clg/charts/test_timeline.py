import re
from datetime import UTC, datetime, timedelta

from clg.charts import Milestone, RefusedMark, TouchMark, Window, touch_timeline
from clg.charts.timeline import HALF_LABEL

OPENED, CLOSED = datetime(2026, 4, 12, tzinfo=UTC), datetime(2026, 9, 30, tzinfo=UTC)
WINDOW = Window(OPENED - timedelta(days=180), CLOSED, "Window: 180 days before opening, until the close")


def draw(touches=(), refused=(), milestones=()):
    return touch_timeline(touches, refused=refused, milestones=milestones, window=WINDOW, alt="Five touches")


def touch(number: int, at: datetime) -> TouchMark:
    return TouchMark(str(number), at, 1, f"Touch {number}")


def circles(markup: str, class_: str) -> list[tuple[float, float]]:
    found = re.findall(rf'<circle class="{class_}" cx="([\d.]+)" cy="([\d.]+)"', markup)
    return [(float(x), float(y)) for x, y in found]


def test_touches_stand_above_the_line_in_order_of_time():
    early, late = circles(draw([touch(1, OPENED), touch(2, CLOSED)]), "o1")

    assert early[0] < late[0]
    assert early[1] == late[1]


def test_touches_at_one_moment_take_lanes_and_none_is_lost():
    drawn = circles(draw([touch(number, OPENED) for number in range(12)]), "o1")

    assert len(drawn) == 12
    assert len({y for _, y in drawn}) == 5


def test_refused_encounters_stand_below_with_their_letter():
    drawn = draw([touch(1, OPENED)], [RefusedMark("a", OPENED, "Outside the window")])

    assert circles(drawn, "g-out")[0][1] > circles(drawn, "o1")[0][1]
    assert "<title>Outside the window</title>" in drawn


def test_close_milestones_do_not_write_over_each_other():
    drawn = draw(milestones=[Milestone(OPENED, "Opened 12 Apr"), Milestone(OPENED, "Evaluation", True)])

    assert re.search(r'<text class="strong end" [^>]*>Opened 12 Apr', drawn)
    assert re.search(r'<text class="strong" [^>]*>Evaluation', drawn)
    assert "g-anchor" in drawn


def test_window_is_shaded_and_said_in_words():
    drawn = draw()

    assert 'class="g-window"' in drawn
    assert "Window: 180 days before opening, until the close" in drawn


def test_window_that_never_was_is_not_shaded():
    window = Window(CLOSED, OPENED, "Window: 180 days before opening, until the close")

    drawn = touch_timeline([], refused=[], milestones=[], window=window, alt="No touch")

    assert not re.search(r'width="-', drawn)


def test_months_name_the_year_once():
    drawn = draw()

    assert drawn.count("2025") == 1
    assert drawn.count("2026") == 1


def test_first_month_is_not_cut_off_at_the_edge():
    window = Window(datetime(2025, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), "Window")

    drawn = touch_timeline([], refused=[], milestones=[], window=window, alt="No touch")

    found = re.search(r'<text[^>]* x="([\d.]+)"[^>]*>[A-Z][a-z]{2} 2025<', drawn)
    assert found
    assert float(found[1]) >= HALF_LABEL


def test_a_deal_that_lasts_one_day_is_drawn():
    day = Window(OPENED, OPENED, "Window")

    assert "<svg" in touch_timeline([], refused=[], milestones=[], window=day, alt="x")
