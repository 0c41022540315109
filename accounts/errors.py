"""What the accounts floor refuses."""

from __future__ import annotations

from clg.errors import Conflict, NotFound


class UnknownWinner(NotFound):
    """The source never named the row that is to stay."""

    code = "unknown_external_id"

    def __init__(self) -> None:
        super().__init__("There is no row of the winner's external id.")


class MergeCycle(Conflict):
    """The winner is, or was merged into, one of its losers."""

    code = "merge_cycle"

    def __init__(self) -> None:
        super().__init__("The winner is one of the losers, or was merged into one.")


class MergeTypeMismatch(Conflict):
    """One of the ids is known as that of another kind of row."""

    code = "merge_type_mismatch"

    def __init__(self) -> None:
        super().__init__("One of these external ids names another kind of row.")


class NotThere(Conflict):
    """A row that one of our people merges was deleted, or merged by somebody else, since they looked."""

    code = "not_there"

    def __init__(self) -> None:
        super().__init__("One of these rows was deleted or merged meanwhile. Look at them again.")


class NothingChosen(Conflict):
    """A merge of look-alikes without any that goes."""

    code = "nothing_chosen"

    def __init__(self) -> None:
        super().__init__("Choose at least one row that goes into the one that stays.")
