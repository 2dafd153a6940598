"""The contract's operations, each compiled at start to one callable that per request only runs.

It stands where Connexion has its routing, security and validation middlewares, which build
validators and signatures anew for every request.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from todo_api.auth import Authenticator
from todo_api.bodies import RequestBody
from todo_api.conditions import strong_tags
from todo_api.cors import is_preflight
from todo_api.envelope import Envelope
from todo_api.errors import ClientDisconnected, InvalidParameters, WrongUser
from todo_api.headers import HeaderFields
from todo_api.logs import Request, begun
from todo_api.parameters import Parameters, decoded
from todo_api.problems import answer_to
from todo_api.replies import Reply, reply_with
from todo_api.routes import Routes
from todo_api.schemas import MOST_FAULTS, Fault

if TYPE_CHECKING:
    from todo_api.limits import Limits  # whose libraries are loaded only where there are limits

WHOLE = "todo_api.whole"
"""The ASGI extension of our HTTP protocol that sends a `Reply` in one piece."""

Handler = Callable[..., Awaitable[Any]]

_METHODS = ("get", "put", "post", "delete", "patch")


class Operations(SpecMiddleware):
    """Answer the contract's requests; pass all others on."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        authenticator: Authenticator,
        limits: "Limits | None" = None,
        timeout: float,
        envelope: Envelope,
    ) -> None:
        self.app = app
        self._limits = limits
        self._envelope = envelope
        self._authenticator = authenticator
        self._timeout = timeout
        self._routes: Routes[Operation] = Routes()
        self._ids: set[str] = set()

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Compile every operation of `specification`.

        Raises `ResolverError` for one without a handler, `ValueError` for a second of its name.
        """
        for path, item in specification["paths"].items():
            for method in filter(item.__contains__, _METHODS):
                declared = specification.operation_cls.from_spec(
                    specification, path=path, method=method, resolver=options["resolver"]
                )
                route = specification.base_path + path
                operation = Operation(
                    declared, route, self._authenticator, self._limits, self._timeout
                )
                if operation.name in self._ids:
                    raise ValueError(f"operationId {operation.name} stands twice in the contract")
                self._ids.add(operation.name)
                self._routes.add(operation.route, method, operation)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the operation of the request's path and method, if the contract has one."""
        match = self._routes.match(scope) if scope["type"] == "http" else None
        if match is None or is_preflight(scope):
            # Connexion's own application asks for this even where nothing of the contract matched.
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {}
            await self.app(scope, receive, send)
            return
        request = begun(scope)
        try:
            try:
                operation = match.operation(scope["method"])
                reply = await operation(request, scope, receive, match.values)
            except ClientDisconnected:
                return
            except Exception as error:  # noqa: BLE001 (here all errors of an operation end)
                reply = answer_to(error, request)
            request.status = reply.status
            reply = self._envelope.around(reply, request)
            if send_whole := scope.get("extensions", {}).get(WHOLE):
                await send_whole(reply)
            else:
                await reply.send(scope, send)
        finally:
            request.end()


class Operation:
    """One operation of the contract: security, parameters, body, handler, reply."""

    def __init__(
        self,
        declared: AbstractOperation,
        route: str,
        authenticator: Authenticator,
        limits: "Limits | None",
        timeout: float,
    ) -> None:
        self.name: str = declared.operation_id.rpartition(".")[2]
        self.route = route
        self._handler: Handler = declared.function
        self._parameters = Parameters(declared.path, declared.parameters)
        self._authenticator = authenticator if declared.security else None
        self._limits = limits
        self._owner = self._parameters.path_names.index("user_id")  # each is about one user
        body = declared.request_body
        self._body = RequestBody(body, timeout=timeout) if body else None
        self._status = next(int(status) for status in declared.responses if status[0] == "2")

    async def __call__(
        self, request: Request, scope: Scope, receive: Receive, path_values: Sequence[bytes]
    ) -> Reply:
        """Return the reply to one request; raises what `problems` has a kind for."""
        request.operation = self.name
        if (tracing := scope["state"].get("tracing")) is not None:
            request.span = tracing.request(request, self.route)
        path = [decoded(value) for value in path_values]
        if self._authenticator is not None:
            limits = self._limits
            # To verify costs more than to count, so that floods of forged tokens end here.
            admit = None if limits is None else partial(limits.count_address, request, scope)
            user = await self._authenticator.authenticate(_authorization(scope), admit)
            request.user = user
            if limits is not None:
                await limits.count_user(request, user)
            if path[self._owner] != user:
                raise WrongUser
        arguments = await self._arguments(request.headers, scope, receive, path)
        if_none_match = arguments.pop("if_none_match", None)
        answer = await self._handler(scope["state"]["pool"], **arguments)
        return reply_with(answer, self._status, if_none_match)

    async def _arguments(
        self, headers: HeaderFields, scope: Scope, receive: Receive, path: Sequence[str]
    ) -> dict[str, Any]:
        faults: list[Fault] = []
        body = None if self._body is None else await self._body.read(headers, receive, faults)
        arguments = self._parameters.arguments(path, scope["query_string"], headers, faults)
        if faults:
            raise InvalidParameters(faults[:MOST_FAULTS])
        if body is not None:
            arguments["body"] = body.checked()
        if "if_match" in arguments:
            arguments["if_match"] = strong_tags(arguments["if_match"])
        return arguments


def _authorization(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"authorization"]
