import pytest

from clg.charts import Segment, ShareRow, percent, share_rows, tone_of


def test_share_rows_fill_the_width_in_proportion():
    row = ShareRow("U-shaped", "first and last", [Segment(0.4, "1", "o1"), Segment(0.6, "2", "o3")])

    drawn = share_rows([row], alt="x", width=784)

    assert '<rect class="o1" x="184" y="6" width="238" height="28" rx="2">' in drawn
    assert '<rect class="o3" x="424" y="6" width="358" height="28" rx="2">' in drawn
    assert ">1 · 40 %</text>" in drawn


def test_share_rows_shorten_the_text_of_narrow_pieces():
    row = ShareRow("Decay", "", [Segment(0.01, "1", "o1"), Segment(0.05, "2", "o2"), Segment(0.94, "3", "o3")])

    drawn = share_rows([row], alt="x")

    assert ">1" not in drawn
    assert ">2</text>" in drawn
    assert ">3 · 94 %</text>" in drawn


def test_share_rows_name_a_row_without_pieces():
    drawn = share_rows([ShareRow("Buyer reported", "no report yet", [])], alt="x")

    assert "no report yet" in drawn
    assert "<rect" not in drawn


@pytest.mark.parametrize(("share", "text"), [(0.4, "40 %"), (0.279, "27.9 %"), (1, "100 %"), (0, "0 %")])
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("count", "tones"),
    [(1, [3]), (3, [1, 2, 3]), (5, [1, 2, 3, 4, 5]), (10, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])],
)
def test_tone_of_goes_from_light_to_dark(count, tones):
    assert [tone_of(place, count) for place in range(count)] == tones
