"""What calls about import jobs send and get that is no plain answer."""

from __future__ import annotations

from typing import Any, Final

from accounts.choices import ImportFormat, ImportOperation
from accounts.sync.mapping_schema import COMPONENTS, OPTIONS
from accounts.sync.objects import OBJECTS
from clg.api.bodies import Body, JsonSchema, closed, ref

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
# The media type of a job's data by its format.
MEDIA: Final = {ImportFormat.CSV.value: CSV, ImportFormat.NDJSON.value: NDJSON}

_FIELDS: Final[dict[str, JsonSchema]] = {
    "object": {"type": "string", "enum": list(OBJECTS)},
    "format": {"type": "string", "enum": ImportFormat.values, "default": ImportFormat.CSV.value},
    "operation": {"type": "string", "enum": ImportOperation.values, "default": ImportOperation.UPSERT.value},
    "preset": {
        "type": "string",
        "pattern": "^[-a-zA-Z0-9_]{0,60}$",
        "description": "How files of this kind of CRM are read.",
    },
    "mapping": ref("ImportMapping"),
    "options": ref("ImportOptions"),
    "dry_run": {"type": "boolean", "default": False, "description": "Every chunk is merged and taken back again."},
}
NEW: Final = Body(
    "NewImportJob",
    {
        **COMPONENTS,
        "ImportOptions": closed(
            {
                **OPTIONS,
                "source_updated_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "The clock of rows without one; by default when the data came.",
                },
            },
            words="How the file is written, and the clock of rows without one.",
        ),
        "NewImportJob": closed(
            _FIELDS,
            required=("object",),
            words="What the rows are and how they are read; the mapping goes before the preset.",
        ),
    },
)
_DATA: Final[dict[str, Any]] = {"type": "string", "description": "A file: UTF-8, UTF-16 or Windows 1252."}
DATA: Final = Body("ImportData", {"ImportData": _DATA}, media=(CSV, NDJSON))
FAILED_ROWS: Final = Body(
    "FailedRows",
    {"FailedRows": {"type": "string", "description": "clg_line and clg_errors, then the columns of the file."}},
    media=(CSV,),
)
