"""`/api/v1/import-jobs`: files of a source, from opening a job to what became of each row. `crm-sync` section 11."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.import_job import abort_import, open_import, received, require_open, start_import, take_data
from accounts.api.import_bodies import CSV, DATA, FAILED_ROWS, MEDIA, NDJSON, NEW
from accounts.api.synced import source_of
from accounts.choices import ImportFormat, ImportOperation, ImportState
from accounts.models import ImportJob
from accounts.permissions import may_import, may_see_imports, may_send_imports
from accounts.sync.imports import storage
from accounts.sync.imports.results import SETS, failed_lines, is_kept, told_lines
from accounts.sync.objects import OBJECTS
from accounts.sync.parse import Parser
from accounts.sync.values import BadValue
from clg.api import filters
from clg.api.bodies import checked
from clg.api.doors import Asked, ReadDoor, actor_of
from clg.api.errors import ApiRefusal, BodyTooLarge, UnsupportedMediaType
from clg.api.fields import Keyed, Moment, PublicId, Text
from clg.api.negotiation import JsonOnly, wanted_media
from clg.api.outputs import Output
from clg.api.parameters import Parameter, one_of, refused
from clg.api.writing import write
from clg.errors import FieldError, InvalidInput

SCOPE: Final = "imports:write"
_WRITES: Final = ("create", "upload", "start", "abort")
_SET: Final = Parameter("set", one_of(SETS, default="failed"), "Which rows; as CSV only failed ones.")


class ResultsGone(ApiRefusal):
    """What became of the rows is kept for 30 days after the end of an import, its file for 7."""

    code = "results_gone"
    status = 410


class StageRowsOutput(Keyed):
    """Rows by a stage that the source's stage map does not know."""

    @staticmethod
    def member() -> Any:
        return serializers.IntegerField(min_value=1)


class OutcomeRowsOutput(Keyed):
    """Rows by outcome."""

    @staticmethod
    def member() -> Any:
        return serializers.IntegerField(min_value=1)


class ImportWarningsOutput(Output):
    """What a file holds that is no error."""

    unmapped_columns = serializers.ListField(child=serializers.CharField(), help_text="Headings that nothing reads.")
    unknown_stages = StageRowsOutput()
    values_left_out = serializers.IntegerField(help_text="Bad values, with `invalid_values: drop`.")
    merged_ids = serializers.IntegerField(help_text="Ids that lead to the row they were merged into.")
    merged_rows = serializers.IntegerField(help_text="Rows that stood here before and went into that row.")
    merges_refused = serializers.IntegerField(help_text="Merges that would go in a circle.")


class ImportFailureOutput(Output):
    """Why a job failed as a whole."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ImportJobOutput(Output):
    """One file of a source on its way in; successful, failed and unprocessed rows are always the total."""

    id = PublicId()
    source = serializers.CharField(source="source.slug", read_only=True)  # type: ignore[assignment]
    object = serializers.ChoiceField(source="noun", choices=list(OBJECTS), read_only=True)
    format = serializers.ChoiceField(source="file_format", choices=ImportFormat.choices, read_only=True)
    operation = serializers.ChoiceField(choices=ImportOperation.choices, read_only=True)
    preset = Text()
    dry_run = serializers.BooleanField(source="is_dry_run", read_only=True)
    state = serializers.ChoiceField(choices=ImportState.choices, read_only=True)
    created_at = Moment(read_only=True)
    uploaded_at = Moment(read_only=True, allow_null=True)
    started_at = Moment(read_only=True, allow_null=True)
    finished_at = Moment(read_only=True, allow_null=True)
    sha256 = Text(help_text="Of the data as they came.")
    size = serializers.IntegerField(read_only=True, help_text="Bytes.")
    total = serializers.IntegerField(read_only=True, help_text="Rows of the file, known once it was read through.")
    processed = serializers.IntegerField(read_only=True)
    successful = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    unprocessed = serializers.IntegerField(read_only=True)
    counts = OutcomeRowsOutput(read_only=True)
    rows_per_second = serializers.SerializerMethodField()
    eta_seconds = serializers.SerializerMethodField()
    warnings = ImportWarningsOutput(source="told_warnings", read_only=True)
    failure = ImportFailureOutput(source="told_failure", allow_null=True, read_only=True)

    def get_rows_per_second(self, row: ImportJob) -> float | None:
        """Since its turn came; null before the first checkpoint."""
        pace = row.rows_per_second(self.context["at"])
        return None if pace is None else round(pace, 1)

    def get_eta_seconds(self, row: ImportJob) -> int | None:
        """How long the rest will take; null when it is not running or nobody can tell."""
        return row.eta_seconds(self.context["at"])


class ColumnErrorOutput(Output):
    """One thing wrong with one value of a row."""

    code = serializers.CharField()
    column = serializers.CharField()
    detail = serializers.CharField()


class ImportRowOutput(Output):
    """A line of the results: what became of one row."""

    line = serializers.IntegerField(help_text="Where the row begins in the file; the first line is 1.")
    external_id = serializers.CharField(allow_null=True)
    id = serializers.CharField(allow_null=True)
    outcome = serializers.CharField()
    errors = ColumnErrorOutput(many=True, required=False)  # type: ignore[assignment]
    warnings = ColumnErrorOutput(many=True, required=False)


class ImportFilters(filters.ApiFilterSet):
    state = filters.choices("state", ImportState.values)
    object = filters.some("of_objects", list(OBJECTS))
    created_after = filters.since("created_at")
    created_before = filters.before("created_at")


class ImportJobs(ReadDoor[ImportJob]):
    """The jobs of the caller's source; people see all, and run theirs in the admin."""

    resource = "import-jobs"
    model = ImportJob
    output = ImportJobOutput
    filters = ImportFilters
    scope = SCOPE
    outputs: ClassVar = {**dict.fromkeys(_WRITES, ImportJobOutput), "results": ImportRowOutput}
    inputs: ClassVar = {"create": NEW, "upload": DATA}
    needs_key: ClassVar = ("create",)
    refusals: ClassVar[Mapping[int, str]] = {}
    _STATUSES: ClassVar = {"create": 201, "start": 202}

    def asked(self) -> Asked:
        if self.action in _WRITES:
            return Asked(may_send_imports, SCOPE, "write")
        return Asked(may_import if self.action == "results" else may_see_imports, SCOPE, "read")

    def statuses_of_call(self) -> tuple[int, ...]:
        return (self._STATUSES.get(self.action, 200),)

    def with_output(self, rows: Any) -> Any:
        return rows.select_related("source")

    def context_for(self, rows: Sequence[ImportJob]) -> dict[str, Any]:
        return {"at": timezone.now()}

    def create(self, request: Request) -> Response | HttpResponse:
        """Open a job without data."""
        wanted = checked(request.data, NEW)
        return self.write(lambda: self._told(_opened(wanted, request.user, timezone.now())))

    def start(self, request: Request, public_id: str) -> Response | HttpResponse:
        """Start the work; jobs of one source and object go one after the other."""
        return self.write(lambda: self._told(start_import(job=self.row_named(public_id), at=timezone.now())))

    def abort(self, request: Request, public_id: str) -> Response | HttpResponse:
        """End the job after the chunk under way; what was stored stays."""
        return self.write(lambda: self._told(abort_import(job=self.row_named(public_id), at=timezone.now())))

    def write(self, handle: Callable[[], Response], **more: Any) -> Response | HttpResponse:
        principal = actor_of(self.request.user)
        needs_key = self.action in self.needs_key
        return write(self.request, principal=principal, handle=handle, key_required=needs_key, **more)

    def _told(self, job: ImportJob) -> Response:
        body = self.output(job, context=self.context_for([job])).data
        return Response(body, status=self.statuses_of_call()[0])


def _opened(wanted: Mapping[str, Any], client: Any, at: dt.datetime) -> ImportJob:
    """The job that a checked body asks for. Raises `InvalidInput` pointing to what cannot be had."""
    source, of = source_of(client), OBJECTS[wanted["object"]]
    options = dict(wanted.get("options", {}))
    clock = _clock_of(options.pop("source_updated_at", None), Parser(of, source, at=at))
    mapping = dict(wanted.get("mapping", {}))
    if options:
        mapping["options"] = {**mapping.get("options", {}), **options}
    preset = wanted.get("preset", "")
    try:
        return open_import(
            source=source,
            of=of,
            by=actor_of(client),
            file_format=wanted.get("format", ImportFormat.CSV),
            operation=wanted.get("operation", ImportOperation.UPSERT),
            preset=preset,
            mapping=mapping,
            default_clock=clock,
            is_dry_run=wanted.get("dry_run", False),
        )
    except InvalidInput as problem:
        if problem.errors:
            errors = [replace(error, pointer=f"/mapping{error.pointer}") for error in problem.errors]
            raise InvalidInput(problem.message, errors=errors) from problem
        place = "/mapping" if "based_on" in mapping or not preset else "/preset"
        raise _wrong(problem.code, problem.message, place) from problem


def _clock_of(text: str | None, parser: Parser) -> dt.datetime | None:
    if text is None:
        return None
    pointer = "/options/source_updated_at"
    if parser.by_version:
        raise _wrong("wrong_clock", "The source orders its writes by versions, which have no default.", pointer)
    try:
        parser.clock_in({"source_updated_at": text})
    except BadValue as problem:
        raise _wrong(problem.code, problem.detail, pointer) from problem
    return dt.datetime.fromisoformat(text)


def _wrong(code: str, detail: str, pointer: str) -> InvalidInput:
    return InvalidInput("1 value is invalid.", errors=[FieldError(code, detail, pointer)])


class ImportData(ImportJobs):
    """`PUT /import-jobs/{id}/data`."""

    refusals: ClassVar[Mapping[int, str]] = {413: "The file is over 500 MiB.", 415: "The media type is another."}

    def upload(self, request: Request, public_id: str) -> Response | HttpResponse:
        """Send the file, at most 500 MiB and 1,000,000 rows; before the start a second one replaces the first."""
        job = self.row_named(public_id)
        require_open(job)
        _refuse_other_media(request, job)
        try:
            # Unparsed, as no parser should hold it.
            with received(request.stream or io.BytesIO()) as stored:
                return self.write(lambda: self._taken(public_id, stored), body=stored.sha256)
        except storage.FileTooLarge as problem:
            raise BodyTooLarge(problem.message) from problem

    def _taken(self, public_id: str, stored: storage.Stored) -> Response:
        return self._told(take_data(job=self.row_named(public_id), stored=stored, at=timezone.now()))


def _refuse_other_media(request: Request, job: ImportJob) -> None:
    media, wanted = str(request.content_type).split(";")[0].strip().lower(), MEDIA[job.file_format]
    if media != wanted:
        raise UnsupportedMediaType(f"The data of this import are {wanted}.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > storage.MOST_BYTES:
        raise BodyTooLarge("The file is over 500 MiB; send it in parts.")


class AlsoFiles(JsonOnly):
    """Lines of JSON, or CSV; refusals stay problems."""

    admitted = (*JsonOnly.admitted, NDJSON, "text/*", CSV)


class ImportResults(ImportJobs):
    """`GET /import-jobs/{id}/results`."""

    content_negotiation_class = AlsoFiles
    media: ClassVar = {NDJSON: ImportRowOutput, CSV: FAILED_ROWS}
    refusals: ClassVar[Mapping[int, str]] = {410: "The results are gone, 30 days after the end."}

    def _parameters(self, filtering: Sequence[Parameter]) -> Sequence[Parameter]:
        return [_SET]

    def results(self, request: Request, public_id: str) -> HttpResponse | StreamingHttpResponse:
        """What became of each row, a line each; with `Accept: text/csv` failed rows to be repaired and sent again."""
        job, wanted = self.row_named(public_id), self.values.get("set", "failed")
        if not is_kept(job, wanted):
            raise ResultsGone
        if not {CSV, "text/*"}.isdisjoint(wanted_media(request)):
            if wanted != "failed":
                raise refused("set", "Only failed rows are told as CSV.")
            return _file(job, failed_lines(job), CSV, "csv")
        return _file(job, told_lines(job, wanted), NDJSON, "ndjson")


def _file(job: ImportJob, lines: Any, media: str, ending: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{job.name_outside}.{ending}"'}
    return StreamingHttpResponse(lines, content_type=media, headers=headers)
