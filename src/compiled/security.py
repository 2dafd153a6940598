"""Security requirements: which checks a request has to pass (OpenAPI 3.0, 4.8.30)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from compiled.document import Place
from compiled.parameters.parameters import cookies_of
from compiled.request import Request

Check = Callable[[Any, bytes | None], Awaitable[None]]
"""Checks a request and the credentials of its scheme (None if none were sent).

The credentials are an API key or the value of Authorization. The check passes unless it raises,
and stores its result on the request. The service turns what it raises into an error response.
"""


class _Scheme(NamedTuple):
    check: Check
    credentials: Callable[[Request], bytes | None]
    query_name: str | None = None


class Security:
    """The requirements of one operation, of which one alternative has to pass."""

    def __init__(self, alternatives: list[list[_Scheme]]) -> None:
        self._alternatives = [each for each in alternatives if each]
        self._optional = len(self._alternatives) < len(alternatives)
        self.is_asked_for = bool(self._alternatives)
        """Whether there is any check, optional ones included."""
        alone = self._alternatives[0] if len(self._alternatives) == 1 else []
        self.query_names = [
            scheme.query_name for each in alternatives for scheme in each if scheme.query_name
        ]
        """Names in the query that are API keys, not parameters."""
        self._only = alone[0] if len(alone) == 1 and not self._optional else None

    async def check(self, request: Request) -> None:
        """Pass, or raise the error of the first alternative that was tried.

        Alternatives are tried in order, if all their credentials were sent. If there is none, an
        operation whose security is optional is open; otherwise the first alternative's check
        says what is missing.
        """
        if self._only is not None:
            await self._only.check(request, self._only.credentials(request))
        elif self._alternatives:
            await self._check_several(request)

    async def _check_several(self, request: Request) -> None:
        refusal: Exception | None = None
        sent = False
        for schemes in self._alternatives:
            found = [scheme.credentials(request) for scheme in schemes]
            sent = sent or any(each is not None for each in found)
            if None in found:
                continue
            try:
                for scheme, credentials in zip(schemes, found, strict=True):
                    await scheme.check(request, credentials)
            except Exception as error:  # noqa: BLE001 (the next alternative may pass)
                refusal = refusal or error
            else:
                return
        if refusal is not None:
            raise refusal
        if sent or not self._optional:
            for scheme in self._alternatives[0]:
                await scheme.check(request, scheme.credentials(request))


class Schemes:
    """The security schemes of a contract, each with its check."""

    def __init__(self, root: Place, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        components = root["components"] if "components" in root else Place(root.document, {})
        self._declared = dict(components.members("securitySchemes"))
        self._everywhere = root.get("security")

    def security(self, operation: Place) -> Security:
        """Return the requirements of an operation; refuses what can't be enforced."""
        own = operation.get("security", self._everywhere) or []
        return Security([self._alternative(operation, each) for each in own])

    def _alternative(self, operation: Place, requirement: Mapping[str, Any]) -> list[_Scheme]:
        schemes = []
        for name, scopes in requirement.items():
            check, declared = self._checks.get(name), self._declared.get(name)
            if declared is None:
                operation.refuse(f"security: there is no scheme {name} in this document")
            elif check is None:
                operation.refuse(f"security: scheme {name} has no check")
            elif scopes:
                operation.refuse(f"security: scopes of scheme {name} are not supported")
            else:
                schemes.append(_scheme(declared, check))
        if requirement and not schemes:
            schemes.append(_Scheme(_closed, _authorization))  # fail closed
        return schemes


def _scheme(declared: Place, check: Check) -> _Scheme:
    kind, place, name = declared.get("type"), declared.get("in"), declared.get("name", "")
    field = name.lower().encode()
    match kind, place:
        case "http", _:
            return _Scheme(check, _authorization)
        case "apiKey", "header":
            return _Scheme(check, lambda request: request.headers.get(field))
        case "apiKey", "cookie":
            return _Scheme(check, lambda request: cookies_of(request.headers).get(name))
        case "apiKey", "query":
            return _Scheme(check, lambda request: _in_query(request.query, name.encode()), name)
    declared.refuse(f"security schemes of type {kind} are not supported")
    return _Scheme(_closed, _authorization)


async def _closed(_request: Any, _credentials: bytes | None) -> None:
    raise PermissionError


def _authorization(request: Request) -> bytes | None:
    return request.authorization[0] if request.authorization else None


def _in_query(query: bytes, name: bytes) -> bytes | None:
    for pair in query.split(b"&"):
        found, _, value = pair.partition(b"=")
        if _unquoted(found) == name:
            return _unquoted(value)
    return None


def _unquoted(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))
