"""What the advocacy floor refuses, by stable code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from clg.errors import Conflict, FieldError, InvalidInput, InvalidTransition, NotAllowed


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


class NamedTwice(WrongField):
    """One call says of one thing one thing only."""

    code = "duplicate_in_request"
    field = "source_ref"
    sentence = "This name stands more than once in the call; send it once."


class DuplicateChain(Conflict):
    """An activity repeats one that is itself a duplicate, or itself."""

    code = "duplicate_chain"

    def __init__(self) -> None:
        super().__init__("An activity can repeat only another one that is not itself a duplicate.")


class NothingToCompute(Conflict):
    """No mark waits, so a run of the changes would do nothing."""

    code = "nothing_to_compute"

    def __init__(self) -> None:
        super().__init__("Nothing has changed since the last run; every figure is up to date.")


class TouchReplaced(Conflict):
    """The matcher has tied the encounter anew since the person looked."""

    code = "touch_replaced"

    def __init__(self) -> None:
        super().__init__("This touch has been tied anew since; look at it again.")


class NoDouble(Conflict):
    """Nothing else looks like the same act."""

    code = "no_double"

    def __init__(self) -> None:
        super().__init__("No other record that stands looks like the same act; this one stays.")


class EarliestRecord(Conflict):
    """Of several records of one act the earliest stays."""

    code = "earliest_record"

    def __init__(self) -> None:
        super().__init__("This is the earliest record of the act; mark the later ones as its duplicates.")


class DefaultModel(Conflict):
    """The default model of a question cannot be retired."""

    code = "default_model"

    def __init__(self) -> None:
        super().__init__("This is the default model of its question; choose another default first.")


class NoVersion(Conflict):
    """A model is used with a version of its own."""

    code = "no_version"

    def __init__(self) -> None:
        super().__init__("This model has no such version; define one first.")


class ModelNotActive(Conflict):
    """Only an active model can be the default."""

    code = "model_not_active"

    def __init__(self) -> None:
        super().__init__("Only an active model can be the default; activate it first.")


class AlreadyChampion(Conflict):
    """The contact is in the pool."""

    code = "already_champion"

    def __init__(self) -> None:
        super().__init__("This person is in the pool already.")


class AskedToLeave(Conflict):
    """Somebody who asked to leave is left alone for a year, unless they come back themselves."""

    code = "asked_to_leave"

    def __init__(self, until: dt.datetime) -> None:
        day = until.date().isoformat()
        super().__init__(f"This person asked to leave; staff may nominate them again from {day}.", data={"until": day})


class StandingForbids(InvalidTransition):
    """The present standing forbids the action."""

    def __init__(self, action: str, standing: str) -> None:
        super().__init__(f"Cannot {action} a champion who is {standing}.", data={"standing": standing})


class NotACustomerContact(WrongField):
    """Champions are people at customers."""

    code = "not_a_customer_contact"
    field = "contact"
    sentence = "Champions are people at a customer; this contact is not, or has left."


class NoEmailAddress(WrongField):
    """An invitation needs somewhere to go."""

    code = "no_email_address"
    field = "contact"
    sentence = "This contact has no email address to invite."


class NominationText(WrongField):
    """Whoever reviews a nomination must be able to tell why."""

    code = "invalid_length"
    field = "why"
    sentence = "Say in 10 to 1,000 characters why."


class UnknownReason(InvalidInput):
    """Each end has its own list of reasons."""

    code = "unknown_reason"

    def __init__(self, known: tuple[str, ...]) -> None:
        sentence = f"Give one of the reasons {', '.join(known)}."
        super().__init__(sentence, errors=[FieldError(self.code, sentence, "/reason")])


class ReasonText(WrongField):
    """`other` says which."""

    code = "invalid_length"
    field = "note"
    sentence = "Say in 1 to 50 characters which other reason."


class EndInThePast(InvalidInput):
    """A rest or a pause ends later than now."""

    code = "not_in_the_future"

    def __init__(self, field: str) -> None:
        sentence = "Choose a moment in the future."
        super().__init__(sentence, errors=[FieldError(self.code, sentence, f"/{field}")])


class ProofNeeded(WrongField):
    """Staff let somebody in only with what the person said or signed."""

    code = "proof_needed"
    field = "proof"
    sentence = "Say in 1 to 50 characters how this person agreed."


class UseNotAskable(WrongField):
    """Some uses are granted only."""

    code = "use_not_askable"
    field = "use"
    sentence = "This use is granted only; nobody is asked for it."


class MinutesOutOfRange(WrongField):
    """An ask takes between five minutes and a day."""

    code = "minutes_out_of_range"
    field = "minutes"
    sentence = "An ask takes 5 to 480 minutes."


class ActualMinutesOutOfRange(WrongField):
    """What it took in the end."""

    code = "minutes_out_of_range"
    field = "actual_minutes"
    sentence = "It took 0 to 960 minutes."


class OverrideReason(InvalidInput):
    """Passing over a gate is explained."""

    code = "invalid_length"

    def __init__(self, gate: str) -> None:
        sentence = "Say in 10 to 500 characters why this gate is passed over."
        super().__init__(sentence, errors=[FieldError(self.code, sentence, f"/overrides/{gate}")])


class UnknownGate(InvalidInput):
    """An override names one of the gates."""

    code = "unknown_gate"

    def __init__(self, gate: str) -> None:
        sentence = "There is no such gate."
        super().__init__(sentence, errors=[FieldError(self.code, sentence, f"/overrides/{gate}")])


class GateNotOverridable(NotAllowed):
    """Some gates nobody may pass over, the others only marketers."""

    code = "gate_not_overridable"

    def __init__(self, gate: str, sentence: str) -> None:
        super().__init__(f"{sentence} Nobody can pass over this.", data={"gate": gate})


class AskRefused(Conflict):
    """At least one gate forbids the ask; `gates` names them all."""

    code = "ask_refused"

    def __init__(self, gates: Sequence[Mapping[str, object]]) -> None:
        sentences = " ".join(str(gate["sentence"]) for gate in gates)
        super().__init__(f"This ask is not allowed now. {sentences}", data={"gates": list(gates)})


class AskNotInState(Conflict):
    """The ask is where this step cannot begin."""

    code = "invalid_transition"

    def __init__(self, action: str, state: str) -> None:
        super().__init__(f"Cannot {action} an ask that is {state}.", data={"state": state})


class WrongDay(InvalidInput):
    """A day that lies where it cannot."""

    code = "out_of_range"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence, errors=[FieldError(self.code, sentence, f"/{field}")])


class DeclineWithoutReason(WrongField):
    """A no has a reason, so that the next ask can respect it."""

    code = "required"
    field = "reason"
    sentence = "Say why: not this prospect, too busy, not this kind of ask, company policy, unhappy with us, or other."


class UndoTooLate(Conflict):
    """An answer stands after a day, and once a meeting is fixed."""

    code = "undo_too_late"

    def __init__(self) -> None:
        super().__init__("An answer can be taken back within 24 hours, as long as nothing is scheduled.")


class ExternalIdTaken(Conflict):
    """Another ask was logged under this name of the source."""

    code = "external_id_taken"

    def __init__(self) -> None:
        super().__init__("Another ask was logged under this external id; use a new one.")


class GrantNotInState(Conflict):
    """The grant is where this step cannot begin."""

    code = "invalid_transition"

    def __init__(self, event: str, state: str) -> None:
        super().__init__(f"Cannot {event.replace('_', ' ')} a grant that is {state}.", data={"state": state})


class GrantorMissing(WrongField):
    """A grant has one grantor."""

    code = "exactly_one"
    field = "champion"
    sentence = "Name the champion or the account, and only one of them."


class LimitsMissing(WrongField):
    """A grant with limits names at least one."""

    code = "required"
    field = "limits"
    sentence = "Name at least one limit, or record it as given without limits."


class GrantProofNeeded(WrongField):
    """Staff record what somebody gave only with what shows it."""

    code = "proof_needed"
    field = "proof_kind"
    sentence = "Say what shows that it was given: a signed form, a clause of the contract, an email or an import."


class NotCovered(Conflict):
    """Nothing is published on a grant that does not cover it."""

    code = "not_covered"

    def __init__(self) -> None:
        super().__init__("No grant in force covers this place; ask for one first.")


class TakedownProof(WrongField):
    """A takedown closes with something that shows it."""

    code = "proof_needed"
    field = "note"
    sentence = "Say in a note how you know that it is down."
