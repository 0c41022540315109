"""How a source pushes accounts, contacts and opportunities: one by its own id, or up to 200 at once. `crm-sync` 3, 5.

Clients only: a person has no source and no clock. What is stored, and what it makes of old or equal clocks, the merge
engine decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.push_bodies import EXTERNAL_ID, MERGED_INTO_MEANS, MOMENT, VERSION, many_body
from accounts.api.synced import SyncedDoor, source_of
from accounts.errors import MergeCycle, MergeTypeMismatch, UnknownWinner
from accounts.models import SyncedModel
from accounts.permissions import may_push
from accounts.sync.engine import upsert
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY, SyncObject
from accounts.sync.parse import MERGED_INTO, clock_problem
from accounts.sync.received import note_received
from accounts.sync.results import REDIRECTED, Result
from clg import codes
from clg.api.bulk import Batch, BulkDoor, ItemAnswer, ItemResultOutput
from clg.api.doors import Asked, actor_of
from clg.api.parameters import Form, Parameter
from clg.api.writing import write
from clg.errors import DomainError, FieldError, InvalidInput, NotFound

Row = TypeVar("Row", bound=SyncedModel)


def _clock_form(name: str, schema: Mapping[str, Any]) -> Form[str]:
    """A clock as items send it, checked by the same words."""

    def read(text: str) -> str:
        text = text.replace(" ", "+")  # a plus sign that arrived as a space
        problem = clock_problem(name, text)
        if problem is not None:
            raise ValueError(problem)
        return text

    return Form(read, schema)


CLOCKS: Final = (
    Parameter(
        "source_updated_at",
        _clock_form("source_updated_at", MOMENT),
        "When the source deleted it; needed where the source orders its writes by moments.",
    ),
    Parameter(
        "source_version",
        _clock_form("source_version", VERSION),
        "The version at which the source deleted it; needed where the source orders its writes by versions.",
    ),
)


# A single delete that is a merge is refused as the merge itself would be.
_OF_MERGES: Final[Mapping[str, type[UnknownWinner | MergeCycle | MergeTypeMismatch]]] = {
    refusal.code: refusal for refusal in (UnknownWinner, MergeCycle, MergeTypeMismatch)
}
_MERGED_INTO: Final = Parameter(
    MERGED_INTO,
    Form(str, {"type": "string", **{k: EXTERNAL_ID[k] for k in ("minLength", "maxLength", "pattern")}}),
    MERGED_INTO_MEANS,
)


def answer_of(result: Result, of: SyncObject) -> ItemAnswer:
    """The engine's result in the words of the API."""
    prefix = of.model.PUBLIC_PREFIX  # type: ignore[attr-defined]
    name = codes.encode(prefix, result.public_id) if result.public_id else None
    winner = {"merged_into": {"id": name, "external_id": result.merged_into}, "applied": result.applied}
    return ItemAnswer(
        index=result.line,
        outcome=result.outcome,
        external_id=result.external_id,
        trace_id=result.trace_id,
        id=name,
        version=result.version,
        complete=result.complete,
        applied_fields=result.applied_fields,
        stale_fields=result.stale_fields,
        ignored_fields=result.ignored_fields,
        errors=result.errors,
        more=winner if result.outcome == REDIRECTED else {},
    )


class PushedDoor(SyncedDoor[Row]):
    """Rows that their own source may also write and delete by its id."""

    of: ClassVar[SyncObject]
    outputs: ClassVar = {"push_one": ItemResultOutput, "delete_one": ItemResultOutput}

    @property
    def is_pushing(self) -> bool:
        return self.action in self.outputs

    def asked(self) -> Asked:
        if self.is_pushing:
            return Asked(partial(may_push, noun=self.of.plural), f"{self.of.plural}:write", "write")
        return super().asked()

    def statuses_of_call(self) -> tuple[int, ...]:
        return (200, 201) if self.action == "push_one" else (200,)

    def _parameters(self, filtering: Sequence[Parameter]) -> Sequence[Parameter]:
        return (*CLOCKS, _MERGED_INTO) if self.action == "delete_one" else super()._parameters(filtering)

    def push_one(self, request: Request, external_id: str) -> Response | HttpResponse:
        """Upsert, delete or restore the row of this id; it answers what became of the item."""
        return self._write(_named(request.data, external_id), asked_by=_by_pointer)

    def delete_one(self, request: Request, external_id: str) -> Response | HttpResponse:
        """Delete the row of this id as of a clock of its source; an older delete changes nothing."""
        return self._write({"external_id": external_id, "op": "delete", **self.values}, asked_by=_by_parameter)

    def _write(
        self, item: Mapping[str, Any], *, asked_by: Callable[[FieldError], FieldError]
    ) -> Response | HttpResponse:
        source = source_of(self.request.user)
        refused: list[Result] = []

        def handle() -> Response:
            [result] = upsert(source=source, of=self.of, raw_items=[item], at=timezone.now())
            answer = answer_of(result, self.of)
            refused[:] = [result] if answer.outcome == "failed" else []
            if refused:
                raise _refusal(answer, asked_by)
            return Response(answer.written(), status=answer.status)

        try:
            return write(self.request, principal=actor_of(self.request.user), handle=handle)
        finally:
            # The refusal undid its transaction, and with it what the engine had counted.
            note_received(source=source, of=self.of, results=refused, newest=None, stages={}, at=timezone.now())


def _named(body: Any, external_id: str) -> Mapping[str, Any]:
    """The item of a body: the address names the row, so the body need not, and must not name another."""
    if not isinstance(body, dict):
        raise InvalidInput("The body is an object.", errors=[FieldError("invalid_type", "The body is an object.")])
    if body.get("external_id", external_id) != external_id:
        detail = "The address names another row."
        raise InvalidInput(detail, errors=[FieldError("external_id_mismatch", detail, "/external_id")])
    return {**body, "external_id": external_id}


def _refusal(answer: ItemAnswer, asked_by: Callable[[FieldError], FieldError]) -> DomainError:
    """A single item that failed, as the refusal of the call."""
    problem = answer.errors[0]
    if problem.code in _OF_MERGES:
        return _OF_MERGES[problem.code]()
    if answer.status == 404:
        return NotFound(problem.detail)
    errors = [asked_by(error) for error in answer.errors]
    return InvalidInput(
        "1 value is invalid." if len(errors) == 1 else f"{len(errors)} values are invalid.", errors=errors
    )


def _by_pointer(error: FieldError) -> FieldError:
    return error


def _by_parameter(error: FieldError) -> FieldError:
    """What a body would point to, the address has as a parameter."""
    return replace(error, pointer="", parameter=error.pointer.removeprefix("/"))


class _Push(BulkDoor):
    """Up to 200 rows of one kind at once."""

    of: ClassVar[SyncObject]

    def asked(self) -> Asked:
        return Asked(partial(may_push, noun=self.of.plural), f"{self.of.plural}:write", "write")

    def merged(self, batch: Batch) -> Sequence[ItemAnswer]:
        results = upsert(
            source=source_of(self.request.user),
            of=self.of,
            raw_items=batch.items,
            at=timezone.now(),
            all_or_none=batch.all_or_none,
        )
        return [answer_of(result, self.of) for result in results]


class PushAccounts(_Push):
    of = ACCOUNT
    input = many_body(ACCOUNT)
    operation = "bulkUpsertAccounts"


class PushContacts(_Push):
    of = CONTACT
    input = many_body(CONTACT)
    operation = "bulkUpsertContacts"


class PushOpportunities(_Push):
    of = OPPORTUNITY
    input = many_body(OPPORTUNITY)
    operation = "bulkUpsertOpportunities"
