"""What the advocacy floor refuses, by stable code."""

from __future__ import annotations

from typing import ClassVar

from clg.errors import Conflict, FieldError, InvalidInput


class WrongField(InvalidInput):
    """One field of the input is wrong, and says so."""

    field: ClassVar[str] = ""
    sentence: ClassVar[str] = ""

    def __init__(self) -> None:
        error = FieldError(code=self.code, detail=self.sentence, pointer=f"/{self.field}")
        super().__init__(self.sentence, errors=[error])


class InTheFuture(WrongField):
    """What has not happened yet is planned as an ask, not recorded."""

    code = "in_the_future"
    field = "occurred_at"
    sentence = "This has not happened yet; plan it as an ask instead."


class SourcedNeedsOpportunity(WrongField):
    """Only an encounter that names a deal can have sourced it."""

    code = "sourced_needs_opportunity"
    field = "opportunity"
    sentence = "Name the deal that this activity sourced."


class RungNeedsOpportunity(WrongField):
    """A rung is given together with the deal it found."""

    code = "rung_needs_opportunity"
    field = "given_rung"
    sentence = "A rung can be given only with the deal it found."


class NoBuyerIdentity(WrongField):
    """Nothing says which company was met: a free-mail domain does not."""

    code = "no_buyer_identity"
    field = "buyer_domain"
    sentence = "Name the deal, the contact, the account or a company's own domain; a free-mail domain says nothing."


class DuplicateChain(Conflict):
    """An activity repeats one that is itself a duplicate, or itself."""

    code = "duplicate_chain"

    def __init__(self) -> None:
        super().__init__("An activity can repeat only another one that is not itself a duplicate.")


class DefaultModel(Conflict):
    """The default model of a question cannot be retired."""

    code = "default_model"

    def __init__(self) -> None:
        super().__init__("This is the default model of its question; choose another default first.")


class ModelNotActive(Conflict):
    """Only an active model can be the default."""

    code = "model_not_active"

    def __init__(self) -> None:
        super().__init__("Only an active model can be the default; activate it first.")
