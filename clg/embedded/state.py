"""The two notes that starters and the supervisor leave for each other in the service folder."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True)
class Wanted:
    """What the starters ask for; written under the start lock, read by the supervisor."""

    durable: bool
    postgres: bool
    broker: bool
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Wanted":
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        _replace_file(path, asdict(self))

    def with_services_of(self, other: "Wanted") -> "Wanted":
        return replace(self, postgres=self.postgres or other.postgres, broker=self.broker or other.broker)


@dataclass(frozen=True)
class State:
    """What the supervisor says: what answers now, or why it gave up."""

    pid: int = 0
    sockets: str = ""
    postgres: bool = False
    broker: bool = False
    error: str = ""

    @classmethod
    def read(cls, path: Path) -> "State":
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return cls()

    def write(self, path: Path) -> None:
        _replace_file(path, asdict(self))

    def serves(self, wanted: Wanted) -> bool:
        return self.postgres >= wanted.postgres and self.broker >= wanted.broker


def _replace_file(path: Path, content: dict[str, object]) -> None:
    """Write so that a reader sees the old note or the new one, never half of one."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(content))
    draft.replace(path)
