"""What the doors of accounts, contacts and opportunities share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import IdentityState
from accounts.external_ids import ExternalNames, names_in
from accounts.models import ExternalIdentity, SyncedModel
from accounts.principals import ApiPrincipal
from clg.api.doors import ReadDoor
from clg.api.errors import ClientRequired
from clg.api.fields import moment_text
from clg.api.filters import ApiFilterSet
from clg.errors import NotFound

Row = TypeVar("Row", bound=SyncedModel)


class Deleted(NotFound):
    """The source deleted the row; `deleted_at` says when."""

    code = "deleted"


# Object type and attribute of every key that an answer names in the caller's own ids.
_NAMED: Mapping[str, Sequence[tuple[str, str]]] = {
    "account": [("account", "pk"), ("account", "parent_id")],
    "contact": [("contact", "pk"), ("account", "account_id"), ("contact", "successor_id")],
    "opportunity": [("opportunity", "pk"), ("account", "account_id"), ("contact", "contact_keys")],
}


def names_for(principal: Any, rows: Sequence[Any]) -> ExternalNames:
    """The caller's own ids of the rows and of what they point to: one query, none for a person."""
    keys: dict[str, set[Any]] = {}
    for row in rows:
        for kind, attribute in _NAMED[row._meta.model_name]:
            found = getattr(row, attribute)
            keys.setdefault(kind, set()).update(found if isinstance(found, list) else [found])
    return names_in(source_of(principal), **keys)


def source_of(principal: Any) -> Any:
    """The source a client speaks for, `None` for a person."""
    return principal.source if isinstance(principal, ApiPrincipal) else None


class SyncedFilters(ApiFilterSet):
    """Incomplete and deleted rows stay hidden unless asked for."""

    def finished(self, rows: Any, values: Mapping[str, Any]) -> Any:
        if "complete" not in values:
            rows = rows.complete()
        return rows if "include_deleted" in values else rows.live()


class SyncedDoor(ReadDoor[Row]):
    """Rows that CRMs write, by our id or by the id of the caller's source."""

    def context_for(self, rows: Sequence[Any]) -> dict[str, Any]:
        return {"external_names": names_for(self.request.user, rows)}

    context_for_related = context_for

    def retrieve(self, request: Request, public_id: str) -> Response:
        """One row by our id; of a row merged away the winner."""
        row = self.row_named(public_id)
        heir = self.with_output(self.rows().heir_of(row)).first() if row.is_deleted else None
        if heir is not None:
            self._refuse_deleted(heir)
            return self.answer(heir, requested_id=public_id, merged=True)
        self._refuse_deleted(row)
        return self.answer(row)

    def by_external_id(self, request: Request, external_id: str) -> Response:
        """One row by the id of the caller's own source; an id merged away answers with the winner."""
        if not isinstance(request.user, ApiPrincipal):
            raise ClientRequired
        row = self.with_output(self.rows().known_as(request.user.source, [external_id])).first()
        if row is None:
            raise NotFound("There is nothing here, or nothing that you may see.")
        self._refuse_deleted(row)
        merged = self._identities(row).filter(external_id=external_id, state=IdentityState.MERGED).exists()
        more = {"requested_external_id": external_id, "merged": True} if merged else {}
        return self.answer(row, **more)

    def _refuse_deleted(self, row: Row) -> None:
        """A deleted row is gone for readers; a source that knows it hears when."""
        if row.deleted_at is None:
            return
        if self._identities(row).exists():
            raise Deleted("The row was deleted in its source.", data={"deleted_at": moment_text(row.deleted_at)})
        raise NotFound("There is nothing here, or nothing that you may see.")

    def _identities(self, row: Row) -> QuerySet[ExternalIdentity]:
        """The names that the caller's source has or had for the row."""
        kind = str(row._meta.model_name)
        own = {kind: row} | {"source": source_of(self.request.user)}
        aliases = {f"canonical__{kind}": row, "source": own["source"]}
        return ExternalIdentity.objects.filter(**own) | ExternalIdentity.objects.filter(**aliases)
