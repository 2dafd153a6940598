"""What a change of the contract means for its clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

from tools.contract_diff.document import Node

GO_ON = "clients go on as before"
UNTOLD = "a client may get what it was never told of"
MISSED = "a client may miss what it was promised"


class Impact(IntEnum):
    """The part of the version that has to grow (SemVer 2.0)."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


class Direction(Enum):
    """Requests may only accept more, responses may only hold less."""

    REQUEST = "requests"
    RESPONSE = "responses"


@dataclass(frozen=True)
class Use:
    """An operation, and whether its client sends or reads what is judged."""

    operation: str
    direction: Direction

    def breaking(self, place: str, what: str, why: str) -> "Finding":
        """Return the finding of a change that can break a client."""
        return Finding(Impact.MAJOR, place, what, why, self)

    def compatible(self, place: str, what: str) -> "Finding":
        """Return the finding of a change that clients get along with, and some may use."""
        return Finding(Impact.MINOR, place, what, GO_ON, self)

    def shifted(
        self, place: str, what: str, *, narrower: bool, wider: bool, why: str = UNTOLD
    ) -> "Finding":
        """Return the finding of a change in what may be sent or may come: more of it, by `why`."""
        if self.direction is Direction.REQUEST and narrower:
            return self.breaking(place, what, "what a client sends today may be refused")
        if self.direction is Direction.RESPONSE and wider:
            return self.breaking(place, what, why)
        return self.compatible(place, what)


@dataclass(frozen=True)
class Finding:
    """A change, where it is, and why it breaks a client or does not."""

    impact: Impact
    place: str
    what: str
    why: str
    use: Use | None = None


def presence(
    old: Node, new: Node, noun: str, why: str, use: Use | None = None
) -> Iterator[Finding]:
    """Yield what is gone, which breaks its clients, and what is new."""
    for key in old.value.keys() - new.value.keys():
        yield Finding(Impact.MAJOR, old.place(key), f"{noun} is gone", why, use)
    for key in new.value.keys() - old.value.keys():
        yield Finding(Impact.MINOR, new.place(key), f"{noun} is new", GO_ON, use)


def shared(old: Node, new: Node) -> Iterator[tuple[Node, Node]]:
    """Yield what both have, in pairs."""
    for key in old.value.keys() & new.value.keys():
        yield old[key], new[key]
