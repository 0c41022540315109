from clg.charts import Table, figure, scroller


def test_figure_puts_the_finding_first_and_the_table_behind():
    table = Table(["Quarter", "Sourced"], [["Q3 2026", "0.78 m"]], frozenset({1}))

    drawn = figure(title="Up & away", note="USD, n = 19", body="", table=table, key="sourced")

    assert '<h2><i class="key sourced"></i>Up &amp; away</h2><p>USD, n = 19</p>' in drawn
    assert '<details class="more"><summary>Show as a table</summary>' in drawn
    assert '<th scope="col">Quarter</th><th scope="col" class="n">Sourced</th>' in drawn
    assert '<th scope="row">Q3 2026</th><td class="n">0.78 m</td>' in drawn


def test_figure_without_table_has_no_details():
    assert "<details" not in figure(title="T", note="n", body="")


def test_scroller_can_be_reached_by_the_keyboard():
    assert scroller("x") == (
        '<div class="scroll" tabindex="0" role="group" aria-label="Chart, scrolls sideways">x</div>'
    )
