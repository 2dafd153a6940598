"""What a service brings to its contract."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from compiled.answers import Reply
from compiled.request import Request
from compiled.security import Check

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Declared:
    """What Connexion's resolvers and the service's admission are told of an operation."""

    method: str
    path: str
    route: str
    """The path below the server's own."""
    operation_id: str
    router_controller: str | None
    path_names: Sequence[str]
    is_secured: bool
    """Whether there is a check that a request has to pass, be it optional."""


class Admission(Generic[R]):
    """What a service asks after security and before anything else of a request is read."""

    def findings(self, operation: Declared) -> Sequence[str]:  # noqa: ARG002 (this one takes all)
        """Return what of an operation could not be kept, at start."""
        return ()

    def step(self, operation: Declared) -> Callable[[R, Sequence[str]], Awaitable[None]] | None:  # noqa: ARG002 (likewise)
        """Return what is asked for each request, with the decoded segments of its path."""
        return None


@dataclass(frozen=True)
class Seams(Generic[R]):
    """What the service brings to its contract."""

    checks: Mapping[str, Check]
    """A check for each security scheme, by its name."""
    given: Callable[[R], Any]
    """What each handler gets as its first argument."""
    refusal: Callable[[Exception, R], Reply]
    """How an error looks; raises what is to have no answer."""
    admission: Admission[R]
    begun: Callable[[R, Declared], None] = lambda _request, _operation: None
    """Told of each request whose operation is known."""
