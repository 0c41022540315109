"""Imports in the admin: upload a file, see it as it would be stored, try it, start it, watch it; presets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.actions.import_job import (
    abort_import,
    copy_preset,
    map_columns,
    open_from_file,
    repeat_import,
    start_import,
)
from accounts.choices import ImportFormat, ImportState
from accounts.models import CrmSource, ImportJob, ImportPreset
from accounts.permissions import may_import, may_see_imports
from accounts.sync.imports.reading import columns_of
from accounts.sync.imports.results import failed_file
from accounts.sync.mapping import complete_rules, mapping_of
from accounts.sync.objects import OBJECTS
from clg import wording
from clg.admin import Act, ProductAdmin, QuestionFilter, ReadOnlyAdmin, Rights, RowForm, WithListTools, cells
from clg.errors import DomainError

TONES: Final[Mapping[str, str]] = {
    ImportState.OPEN: "quiet",
    ImportState.UPLOADED: "info",
    ImportState.RUNNING: "info",
    ImportState.COMPLETE: "good",
    ImportState.FAILED: "bad",
    ImportState.ABORTED: "warn",
}


class UploadForm(forms.Form):
    """A file of one object of one source."""

    source = forms.ModelChoiceField(
        CrmSource.objects.filter(is_active=True), empty_label="Choose a source", widget=UnfoldAdminSelectWidget()
    )
    noun = forms.ChoiceField(label="Rows are", choices=[(n, n) for n in OBJECTS], widget=UnfoldAdminSelectWidget())
    preset = forms.ModelChoiceField(
        ImportPreset.objects.all(),
        required=False,
        empty_label="Recognize it by the columns",
        widget=UnfoldAdminSelectWidget(),
    )
    leaves_out = forms.BooleanField(
        required=False,
        label="Leave bad optional values out",
        help_text="Their rows are stored without them, with a warning; otherwise such rows fail.",
        widget=UnfoldBooleanWidget(),
    )
    file = forms.FileField(help_text="CSV in UTF-8, UTF-16 or Windows 1252, or ndjson; at most 500 MiB")


class ColumnsForm(RowForm):
    """For each of our fields the column of the file that it is read from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row.file_format != ImportFormat.CSV:
            return
        found, header = _columns(self.row)
        choices = [("", "not read"), *((name, name) for name in header)]
        for name, column in found.items():
            self.fields[name] = forms.ChoiceField(
                choices=choices,
                required=name == "external_id" and bool(column),  # a preset may number rows without an id
                initial=column,
                label=name.replace("_", " ").capitalize(),
                widget=UnfoldAdminSelectWidget(),
            )


def _columns(job: ImportJob) -> tuple[dict[str, str], list[str]]:
    try:
        return columns_of(job, at=timezone.now())
    except DomainError:
        return {}, []


class CopyForm(forms.Form):
    """The name of a copy."""

    name = forms.SlugField(max_length=60, widget=UnfoldAdminTextInputWidget())


def _upload(row: Any, answers: Mapping[str, Any], by: Any, at: Any) -> ImportJob:
    preset = answers["preset"]
    return open_from_file(
        source=answers["source"],
        of=OBJECTS[answers["noun"]],
        stream=answers["file"],
        file_name=answers["file"].name,
        preset=preset.name if preset else "",
        options={"invalid_values": "drop"} if answers["leaves_out"] else {},
        by=f"user:{by.pk}",
        at=at,
    )


def _is(*states: str) -> Any:
    return lambda row, reader: row.state in states


def _was_tried(row: ImportJob, reader: Any) -> bool:
    return row.state == ImportState.COMPLETE and row.is_dry_run and bool(row.upload)


class StateFilter(QuestionFilter):
    title = "How does it stand?"
    parameter_name = "state"
    answers = dict(ImportState.choices)


@admin.register(ImportJob)
class ImportJobAdmin(WithListTools, ReadOnlyAdmin[ImportJob]):
    rights = Rights(see=may_see_imports)
    empty_title = "No import yet"
    empty_text = "Upload a file of accounts, contacts or deals; you see its rows as they would be stored."

    list_display = ("file", "source", "object_type", "state_tag", "rows", "bad", "dry", "began")
    list_select_related = ("source",)
    list_filter = (StateFilter,)
    search_fields = ("file_name",)
    search_help_text = "Name of the file"
    ordering = ("-id",)
    fields = (
        ("file_name", "size"),
        "digest",
        ("source", "object_type", "operation"),
        ("preset", "default_clock", "actor"),
        ("started_at", "finished_at"),
    )
    list_acts = (
        Act(
            "upload",
            "Upload a file",
            "The file is kept in private, and nothing is stored from it before you start the import.",
            "Uploaded. Look at the rows below, then try or start it.",
            _upload,
            lambda row, reader: may_import(reader),
            form=UploadForm,
            tone="primary",
            may=may_import,
        ),
    )
    acts = (
        Act(
            "map-columns",
            "Choose columns",
            "Say for each field which column of the file it is read from.",
            "The columns are chosen.",
            lambda row, answers, by, at: map_columns(job=row, columns={k: v for k, v in answers.items() if v}),
            lambda row, reader: row.state == ImportState.UPLOADED and row.file_format == ImportFormat.CSV,
            form=ColumnsForm,
            may=may_import,
        ),
        Act(
            "try",
            "Try it",
            "Every row is checked and merged, and taken back again: you see what would become of it.",
            "The dry run has begun.",
            lambda row, answers, by, at: start_import(job=row, at=at, is_dry_run=True),
            _is(ImportState.UPLOADED),
            may=may_import,
        ),
        Act(
            "start",
            "Start import",
            "Good rows are stored, chunk by chunk; bad ones come back as a file.",
            "The import has begun.",
            lambda row, answers, by, at: start_import(job=row, at=at),
            _is(ImportState.UPLOADED),
            tone="primary",
            may=may_import,
        ),
        Act(
            "import-now",
            "Import it now",
            "The same file by the same rules, stored this time.",
            "The import has begun; it is a row of its own.",
            lambda row, answers, by, at: repeat_import(job=row, by=f"user:{by.pk}", at=at),
            _was_tried,
            tone="primary",
            may=may_import,
        ),
        Act(
            "abort",
            "Abort",
            "What the last checkpoint stored stays; the rows behind it are not processed.",
            "The import was aborted.",
            lambda row, answers, by, at: abort_import(job=row, at=at),
            _is(ImportState.UPLOADED, ImportState.RUNNING),
            tone="danger",
            may=may_import,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.failed_rows))
        return [path("<path:object_id>/failed-rows/", view, name=self.name_of("failed_rows")), *super().get_urls()]

    def failed_rows(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The failed rows as a file, to be repaired and sent again."""
        if not may_import(request.user):
            raise PermissionDenied
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{job.name_outside}.failed.csv"'}
        return HttpResponse(failed_file(job), content_type="text/csv; charset=utf-8", headers=headers)

    @display(description="SHA-256")
    def digest(self, row: ImportJob) -> SafeString:
        """May break anywhere, as a phone has no room for 64 signs."""
        parts = ((row.sha256[start : start + 8],) for start in range(0, len(row.sha256), 8))
        return format_html_join(SafeString("<wbr>"), "{}", parts) or SafeString("\N{EM DASH}")

    @display(description="File", ordering="file_name")
    def file(self, row: ImportJob) -> str:
        return str(row)

    @display(description="State", ordering="state")
    def state_tag(self, row: ImportJob) -> SafeString:
        return cells.tag(row.get_state_display(), TONES[row.state])

    @display(description="Rows", ordering="total")
    def rows(self, row: ImportJob) -> SafeString:
        return cells.figure(wording.number(row.total))

    @display(description="Failed")
    def bad(self, row: ImportJob) -> SafeString:
        return cells.figure(wording.number(row.failed))

    @display(description="Dry run", ordering="is_dry_run", boolean=True)
    def dry(self, row: ImportJob) -> bool:
        return row.is_dry_run

    @display(description="Opened", ordering="created_at")
    def began(self, row: ImportJob) -> SafeString:
        return cells.near(row.created_at, self.now())


class PresetForm(forms.ModelForm):
    """Rules that can be read."""

    def clean_rules(self) -> Any:
        rules = self.cleaned_data["rules"]
        try:
            mapping_of(complete_rules(rules), "")
        except DomainError as problem:
            raise forms.ValidationError(problem.message) from problem
        return rules


@admin.register(ImportPreset)
class ImportPresetAdmin(ProductAdmin[ImportPreset]):
    """Shipped ones are read; people change copies."""

    rights = Rights(see=may_see_imports, edit=may_import, add=may_import)
    form = PresetForm
    empty_title = "No preset yet"
    empty_text = "A preset says which column of a foreign file is which field. Four come with every release."

    list_display = ("name", "description", "shipped")
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name",)
    fields = ("name", "description", "rules")
    acts = (
        Act(
            "copy",
            "Copy",
            "The copy keeps following the preset where it says nothing of its own.",
            "Copied.",
            lambda row, answers, by, at: copy_preset(preset=row, name=answers["name"]),
            lambda row, reader: may_import(reader),
            form=CopyForm,
            may=may_import,
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "description", "rules") if obj is not None and obj.is_shipped else ()

    @display(description="Shipped", ordering="is_shipped", boolean=True)
    def shipped(self, row: ImportPreset) -> bool:
        return row.is_shipped
