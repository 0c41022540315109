import pytest

from clg.charts.svg import Scale, drawing, element, line, px, ticks


@pytest.mark.parametrize(("value", "text"), [(12, "12"), (12.04, "12"), (12.06, "12.1"), (-0.01, "0"), (-3.5, "-3.5")])
def test_px_keeps_at_most_one_decimal(value, text):
    assert px(value) == text


def test_element_escapes_text_and_attributes():
    drawn = element("text", "<b> & co", aria_label='a "quote"', x=1.25, class_=None)

    assert drawn == '<text aria-label="a &quot;quote&quot;" x="1.2">&lt;b&gt; &amp; co</text>'


def test_drawing_is_an_image_with_a_text_alternative():
    assert drawing(width=10, height=4.5, alt="Up < down") == (
        '<svg class="drawn" viewBox="0 0 10 4.5" role="img" aria-label="Up &lt; down"></svg>'
    )


@pytest.mark.parametrize(
    ("ends", "data"),
    [((0, 5, 9, 5), "M0 5H9"), ((3, 1, 3, 8), "M3 1V8"), ((0, 0, 2, 3), "M0 0L2 3")],
)
def test_line_takes_the_shortest_command(ends, data):
    assert line(*ends) == data


def test_scale_maps_ends_and_middle():
    scale = Scale(0, 10, 100, 0)

    assert [scale(0), scale(5), scale(10)] == [100, 50, 0]


def test_scale_of_a_flat_range_is_its_middle():
    assert Scale(7, 7, 0, 40)(7) == 20


@pytest.mark.parametrize(
    ("ceiling", "marks"),
    [
        (0, ()),
        (3, (1, 2, 3)),
        (2.61, (1, 2, 3)),
        (0.78, (0.5, 1)),
        (184350, (100000, 200000)),
        (6, (2, 4, 6)),
        (7, (2.5, 5, 7.5)),
    ],
)
def test_ticks_are_round_and_reach_the_ceiling(ceiling, marks):
    assert ticks(ceiling) == pytest.approx(marks)
