"""The contract's operations, connected to this service."""

from secrets import token_hex
from typing import TYPE_CHECKING

from connexion.resolver import RelativeResolver

import handlers
from compiled import Declared, Operations, Seams
from compiled.contract.loading import load
from db.pool.pool import Pool
from identity.auth import Authenticator
from identity.keys import SharedSecret
from todo_api.admission import Owners, checks
from todo_api.contract import component, contract, users
from todo_api.problems.documents import answer_to
from todo_api.request import Request

if TYPE_CHECKING:
    from todo_api.limits.limits import Limits


def operations_of(authenticator: Authenticator, limits: "Limits | None") -> Operations[Request]:
    """Return the contract's operations with this service's checks, not yet compiled."""
    return Operations(
        Seams(
            checks=checks(authenticator, limits),
            admission=Owners(limits),
            given=_pool_of,
            refusal=answer_to,
            begun=_begun,
        )
    )


def check_contract() -> None:
    """Compile the contract, which needs neither database nor settings; raises `ContractRefused`."""
    component("ErrorCode")
    keys = SharedSecret(token_hex())  # it never checks a token
    authenticator = Authenticator(keys, issuer=None, audience=None, is_user=users())
    operations = operations_of(authenticator, None)
    operations.compile(load(contract()), RelativeResolver(handlers))


def _pool_of(request: Request) -> Pool:
    pool: Pool = request.state["pool"]
    return pool


def _begun(request: Request, operation: Declared) -> None:
    request.operation, request.route = operation.operation_id, operation.route
    if (tracing := request.state.get("tracing")) is not None:
        request.span = tracing.request(request, operation.route)
