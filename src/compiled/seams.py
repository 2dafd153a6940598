"""The interface between the compiled contract and a service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from compiled.answers import Reply
from compiled.request import Request
from compiled.security import Check

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Declared:
    """An operation, as Connexion's resolvers and the service's admission see it."""

    method: str
    path: str
    route: str
    """The path, with the server's base path."""
    operation_id: str
    router_controller: str | None
    path_names: Sequence[str]
    is_secured: bool
    """Whether it has security requirements, optional ones included."""


class Admission(Generic[R]):
    """A service's own check, after security and before the rest of a request is read."""

    def findings(self, operation: Declared) -> Sequence[str]:  # noqa: ARG002 (this one takes all)
        """Return why an operation can't be enforced; called at start."""
        return ()

    def step(self, operation: Declared) -> Callable[[R, Sequence[str]], Awaitable[None]] | None:  # noqa: ARG002 (likewise)
        """Return the check of each request; it is called with the decoded path segments."""
        return None


@dataclass(frozen=True)
class Seams(Generic[R]):
    """What a service provides."""

    checks: Mapping[str, Check]
    """The check of each security scheme, by name."""
    given: Callable[[R], Any]
    """Returns the first argument of every handler."""
    refusal: Callable[[Exception, R], Reply]
    """Returns the response to an error, or raises it if there is to be no response."""
    admission: Admission[R]
    begun: Callable[[R, Declared], None] = lambda _request, _operation: None
    """Called for each request once its operation is known."""
