"""The contract's operations, each compiled at start to one callable that per request only runs."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connexion.operations import AbstractOperation
from connexion.spec import Specification

from compiled.answers import Reply, reply_with
from compiled.bodies import RequestBody
from compiled.parameters.parameters import Parameters, decoded
from compiled.routes import Match, Routes
from compiled.schemas.schema import MOST_FAULTS, Fault
from todo_api.auth import Authenticator
from todo_api.conditions import strong_tags
from todo_api.errors import ClientDisconnected, InvalidParameters, WrongUser
from todo_api.logs import Request
from todo_api.problems import answer_to

if TYPE_CHECKING:
    from todo_api.limits import Limits  # whose libraries are loaded only where there are limits

Handler = Callable[..., Awaitable[Any]]

_METHODS = ("get", "put", "post", "delete", "patch")


class Operations:
    """All operations of the contract, by path and method."""

    def __init__(self, authenticator: Authenticator, limits: "Limits | None" = None) -> None:
        self._authenticator = authenticator
        self._limits = limits
        self._routes: Routes[Operation] = Routes()
        self._ids: set[str] = set()

    def compile(self, specification: Specification, resolver: Any) -> None:
        """Compile every operation of `specification`.

        Raises `ResolverError` for one without a handler, `ValueError` for a second of its name.
        """
        for path, item in specification["paths"].items():
            for method in filter(item.__contains__, _METHODS):
                declared = specification.operation_cls.from_spec(
                    specification, path=path, method=method, resolver=resolver
                )
                route = specification.base_path + path
                operation = Operation(declared, route, self._authenticator, self._limits)
                if operation.name in self._ids:
                    raise ValueError(f"operationId {operation.name} stands twice in the contract")
                self._ids.add(operation.name)
                self._routes.add(operation.route, method, operation)

    def match(self, path: bytes) -> "Match[Operation] | None":
        """Return what the contract has at a path, which is as it came over the wire."""
        return self._routes.match(path)

    async def answer(self, request: Request, match: "Match[Operation]") -> Reply:
        """Run the operation of the request's method, and return its answer or what went wrong.

        Raises `ClientDisconnected`.
        """
        try:
            operation = match.operation(request.method)
            reply = await operation(request, match.values)
        except ClientDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 (here all errors of an operation end)
            reply = answer_to(error, request)
        request.status = reply.status
        return reply


class Operation:
    """One operation of the contract: security, parameters, body, handler, reply."""

    def __init__(
        self,
        declared: AbstractOperation,
        route: str,
        authenticator: Authenticator,
        limits: "Limits | None",
    ) -> None:
        self.name: str = declared.operation_id.rpartition(".")[2]
        self.route = route
        self._handler: Handler = declared.function
        self._parameters = Parameters(declared.path, declared.parameters)
        self._authenticator = authenticator if declared.security else None
        self._limits = limits
        self._owner = self._parameters.path_names.index("user_id")  # each is about one user
        body = declared.request_body
        self._body = RequestBody(body) if body else None
        self._status = next(int(status) for status in declared.responses if status[0] == "2")

    async def __call__(self, request: Request, path_values: Sequence[bytes]) -> Reply:
        """Return the reply to one request; raises what `problems` has a kind for."""
        request.operation = self.name
        if (tracing := request.state.get("tracing")) is not None:
            request.span = tracing.request(request, self.route)
        path = [decoded(value) for value in path_values]
        if self._authenticator is not None:
            limits = self._limits
            # To verify costs more than to count, so that floods of forged tokens end here.
            admit = None if limits is None else partial(limits.count_address, request)
            user = await self._authenticator.authenticate(request.authorization, admit)
            request.user = user
            if limits is not None:
                await limits.count_user(request, user)
            if path[self._owner] != user:
                raise WrongUser
        arguments = await self._arguments(request, path)
        if_none_match = arguments.pop("if_none_match", None)
        answer = await self._handler(request.state["pool"], **arguments)
        return reply_with(answer, self._status, if_none_match)

    async def _arguments(self, request: Request, path: Sequence[str]) -> dict[str, Any]:
        faults: list[Fault] = []
        body = None if self._body is None else await self._body.read(request, faults)
        arguments = self._parameters.arguments(path, request.query, request.headers, faults)
        if faults:
            raise InvalidParameters(faults[:MOST_FAULTS])
        if body is not None:
            arguments["body"] = body.checked()
        if "if_match" in arguments:
            arguments["if_match"] = strong_tags(arguments["if_match"])
        return arguments
