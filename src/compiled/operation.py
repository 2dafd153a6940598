"""One operation of the contract, compiled at start to one callable."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Generic, NamedTuple

from compiled.answers import Reply, Responses
from compiled.bodies import RequestBody
from compiled.errors import Fault, RequestRefused
from compiled.parameters.parameter import decoded
from compiled.parameters.parameters import BODY, Parameters
from compiled.seams import Declared, R, Seams
from compiled.security import Security

Handler = Callable[..., Awaitable[Any]]

IF_NONE_MATCH = "if_none_match"
"""The parameter that this layer handles itself if the contract declares ETag and 304."""


class Parts(NamedTuple):
    """What an operation is made of."""

    security: Security
    parameters: Parameters
    body: RequestBody | None
    responses: Responses
    handler: Handler


class Operation(Generic[R]):
    """Runs security, admission, body, parameters, handler, response, in this order."""

    def __init__(self, declared: Declared, parts: Parts, seams: Seams[R]) -> None:
        self.declared = declared
        self._security, self._parameters, self._body, self._responses, self._handler = parts
        self._given, self._begun = seams.given, seams.begun
        self._admit = seams.admission.step(declared) if declared.is_secured else None
        self._takes_tags = self._responses.conditional

    @property
    def arguments(self) -> list[str]:
        """The names of the handler's arguments."""
        names = [
            name
            for name in self._parameters.names
            if not (self._takes_tags and name == IF_NONE_MATCH)
        ]
        return names if self._body is None else [*names, BODY]

    async def __call__(self, request: R, segments: Sequence[bytes]) -> Reply:
        """Return the reply to one request; raises what the service turns into an error response."""
        self._begun(request, self.declared)
        await self._security.check(request)
        if self._admit is not None:
            await self._admit(request, [decoded(segment) for segment in segments])
        faults: list[Fault] = []
        body = None if self._body is None else await self._body.read(request, faults)
        arguments = self._parameters.arguments(segments, request.query, request.headers, faults)
        if faults:
            raise RequestRefused(HTTPStatus.BAD_REQUEST, faults=faults)
        if self._body is not None:
            arguments[BODY] = None if body is None else body.checked()
        if_none_match = arguments.pop(IF_NONE_MATCH) if self._takes_tags else None
        answer = await self._handler(self._given(request), **arguments)
        return self._responses.reply(answer, if_none_match)
