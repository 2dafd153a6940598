"""What the layer refuses: a contract, at start, and a request, later."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

MOST_FAULTS = 100
MOST_CHARACTERS = 200


class Fault(NamedTuple):
    """One field that fails: a JSON pointer or a parameter's name, and what is wrong with it."""

    pointer: str
    detail: str


class ContractRefused(Exception):
    """A contract that would not be kept; `findings` has a line for each place of it."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


class RequestRefused(Exception):
    """A request outside the contract.

    The statuses are 400 (parameters, or a body that can't be read), 405 (with `allow`), 415 and 422
    (a body that breaks its schema); the message, where there is one, is for the client.
    """

    def __init__(
        self, status: HTTPStatus, detail: str = "", *, faults: Sequence[Fault] = (), allow: str = ""
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = list(faults[:MOST_FAULTS])
        self.allow = allow
