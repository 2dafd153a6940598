"""What of this service's contract is counted."""

from collections.abc import Iterator
from http import HTTPMethod

from compiled.document import Document
from todo_api.contract import component, contract
from todo_api.telemetry.counts import Counted


def counted() -> Counted:
    """Return the contract's operations and error codes."""
    error_codes: list[str] = component("ErrorCode")["enum"]
    return Counted(dict(_operations()), error_codes)


def _operations() -> Iterator[tuple[str, list[int]]]:
    """Yield each operation of the contract and the statuses that it may have."""
    for _, item in Document(contract()).root.fields("paths"):
        for method in HTTPMethod:
            if (name := method.lower()) in item:
                statuses = map(str, item[name].get("responses"))
                exact = [*map(int, filter(str.isdigit, statuses))]  # not 2XX or default
                yield item[name].get("operationId"), exact
