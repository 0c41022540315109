"""`POST /api/v1/{accounts|contacts|opportunities}/merge`: rows of a source that are one. `crm-sync` section 5."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.merge import merge_named
from accounts.api.push_bodies import EXTERNAL_ID, MOMENT, VERSION
from accounts.api.synced import names_for, source_of
from accounts.permissions import may_push
from accounts.sync.joining import Merged
from accounts.sync.objects import ACCOUNT, CONTACT, OPPORTUNITY, SyncObject
from accounts.sync.orders import LOSERS_MOST, REASON_LIMIT, read_order
from clg import codes
from clg.api.bodies import Body, closed, ref
from clg.api.doors import Asked, Door, actor_of
from clg.api.fields import Keyed
from clg.api.outputs import Output
from clg.api.writing import write

_INPUT: Final = Body(
    "MergeOrder",
    {
        "MergedRowInput": closed({"external_id": EXTERNAL_ID}, required=("external_id",), words="A row by its own id."),
        "MergeOrder": closed(
            {
                "winner": ref("MergedRowInput"),
                "losers": {
                    "type": "array",
                    "items": ref("MergedRowInput"),
                    "minItems": 1,
                    "maxItems": LOSERS_MOST,
                },
                "result_external_id": {**EXTERNAL_ID, "description": "The merged record's new id, where it has one."},
                "source_updated_at": {**MOMENT, "description": "The clock of a source that orders by moments."},
                "source_version": {**VERSION, "description": "The clock of a source that orders by versions."},
                "reason": {"type": "string", "maxLength": REASON_LIMIT},
            },
            required=("winner", "losers"),
        ),
    },
)


class MovedOutput(Keyed):
    """How many rows of each kind went to the winner."""

    @staticmethod
    def member() -> Any:
        return serializers.IntegerField(min_value=1)


class MergeWinnerOutput(Output):
    """The row that stands for all of them now."""

    id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True, help_text="The source's id of it from now on.")
    version = serializers.IntegerField()


class MergeOutput(Output):
    """What became of a merge."""

    outcome = serializers.ChoiceField(choices=["merged", "unchanged"])
    merge_id = serializers.CharField(allow_null=True, help_text="Null when nothing was left to merge.")
    winner = MergeWinnerOutput()
    moved = MovedOutput()


class MergeDoor(Door):
    """Merges of rows of one kind."""

    rate = "write"
    key_required = True
    input = _INPUT
    output = MergeOutput
    refusals: ClassVar = {404: "The source never named the winner.", 409: "The merge would go in a circle."}
    of: ClassVar[SyncObject]

    def asked(self) -> Asked:
        return Asked(partial(may_push, noun=self.of.plural), f"{self.of.plural}:write", "write")

    def post(self, request: Request) -> Response | HttpResponse:
        """Merge the losers into the winner: everything of theirs is the winner's, and their ids lead to it."""
        return write(request, principal=actor_of(request.user), handle=self._merge, key_required=True)

    def _merge(self) -> Response:
        source, at = source_of(self.request.user), timezone.now()
        order = read_order(self.request.data, source=source, of=self.of, at=at)
        return Response(self._written(merge_named(source=source, of=self.of, order=order, at=at)))

    def _written(self, merged: Merged) -> dict[str, Any]:
        row: Any = self.of.model._default_manager.get(pk=merged.winner_id)
        name = names_for(self.request.user, [row]).get((self.of.noun, row.pk))
        return {
            "outcome": merged.outcome,
            "merge_id": codes.name_of(merged.event) if merged.event else None,
            "winner": {"id": codes.name_of(row), "external_id": name, "version": row.version},
            "moved": merged.moved,
        }


class MergeAccounts(MergeDoor):
    of = ACCOUNT
    operation = "mergeAccounts"


class MergeContacts(MergeDoor):
    of = CONTACT
    operation = "mergeContacts"


class MergeOpportunities(MergeDoor):
    of = OPPORTUNITY
    operation = "mergeOpportunities"
