"""The admin as our main screen: the base every screen of ours stands on, its site, filters, cells and panels."""

from clg.admin import cells
from clg.admin.acts import Act, RowForm, act_address, register_act
from clg.admin.base import ProductAdmin, ReadOnlyAdmin, Rights, Rows
from clg.admin.bulk import WithBulkActs
from clg.admin.export import Column, WithExport
from clg.admin.filters import QuestionFilter
from clg.admin.list_tools import WithListTools
from clg.admin.panels import Panel, register_panel
from clg.admin.saved_filters import WithSavedFilters
from clg.admin.ways import Way

__all__ = [
    "Act",
    "Column",
    "Panel",
    "ProductAdmin",
    "QuestionFilter",
    "ReadOnlyAdmin",
    "Rights",
    "RowForm",
    "Rows",
    "Way",
    "WithBulkActs",
    "WithExport",
    "WithListTools",
    "WithSavedFilters",
    "act_address",
    "cells",
    "register_act",
    "register_panel",
]
