"""Charts as pure functions: data in, inline SVG out.

They print, work without scripts, follow the theme by classes, and turn into plain tables in mails. Each
carries a text alternative; `figure` puts the finding above and the numbers behind it.
"""

from clg.charts.bars import Bar, Part, bars, meter, part_bars
from clg.charts.columns import Column, columns
from clg.charts.figure import Table, figure, scroller
from clg.charts.lines import Level, Step, sparkline, step_line
from clg.charts.shares import Segment, ShareRow, percent, share_rows, tone_of
from clg.charts.timeline import Milestone, RefusedMark, TouchMark, Window, touch_timeline

__all__ = [
    "Bar",
    "Column",
    "Level",
    "Milestone",
    "Part",
    "RefusedMark",
    "Segment",
    "ShareRow",
    "Step",
    "Table",
    "TouchMark",
    "Window",
    "bars",
    "columns",
    "figure",
    "meter",
    "part_bars",
    "percent",
    "scroller",
    "share_rows",
    "sparkline",
    "step_line",
    "tone_of",
    "touch_timeline",
]
