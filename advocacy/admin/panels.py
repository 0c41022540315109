"""Panels of this floor: on its own pages, and on the pages of accounts, contacts and deals below."""

from advocacy.admin import ask_page as ask_page
from advocacy.admin import asking_panel as asking_panel
from advocacy.admin import champion_page as champion_page
from advocacy.admin import deal_page as deal_page
from advocacy.admin import deal_touches as deal_touches
from advocacy.admin import grant_page as grant_page
from advocacy.admin import ledger_pages as ledger_pages
from advocacy.admin import roll_up as roll_up
from advocacy.admin import run_page as run_page
from advocacy.admin import touch_page as touch_page
