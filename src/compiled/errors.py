"""Errors of this layer: a contract refused at start, a request refused later."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from compiled.request import Headers

MOST_FAULTS = 100
"""Of a refusal: 40,000 characters at most, as a pointer and a detail have 200 each."""
MOST_CHARACTERS = 200
"""Of a pointer, a detail or another message, parts of which may be a client's."""


class Fault(NamedTuple):
    """One field that fails: a JSON pointer or a parameter's name, and what is wrong with it."""

    pointer: str
    detail: str


class ContractRefused(Exception):
    """A contract that can't be enforced; `findings` has a line for each reason."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


class RequestRefused(Exception):
    """A request outside the contract.

    The statuses are 400 (parameters, or malformed JSON), 405 and 415 (with headers that say what is
    allowed) and 422 (a body that breaks its schema). The message, if there is one, is for the
    client.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Headers | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = list(faults[:MOST_FAULTS])
        self.headers = headers or []


def method_not_allowed(methods: Iterable[str]) -> RequestRefused:
    """Return the 405 for a method that the path does not have (RFC 9110, 15.5.6)."""
    allow = (b"allow", ", ".join(sorted(methods)).encode())
    return RequestRefused(HTTPStatus.METHOD_NOT_ALLOWED, headers=[allow])
