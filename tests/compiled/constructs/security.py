"""Security requirements and schemes."""

from typing import Any

from tests.compiled.construct import (
    Kept,
    Refused,
    Sent,
)

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "queryKey": {"type": "apiKey", "in": "query", "name": "key"},
    "cookieKey": {"type": "apiKey", "in": "cookie", "name": "key"},
    "unchecked": {"type": "http", "scheme": "basic"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {"a": "b"}}},
    },
}
_SECURE = {"components": {"securitySchemes": _SCHEMES}}
BEARER, KEY = {"Authorization": "Bearer right"}, {"X-Key": "right"}
WRONG = {"Authorization": "Bearer wrong"}


def secured(name: str, required: Any, *sent: Sent, **more: Any) -> Kept:
    return Kept("Security", name, {"security": required}, list(sent), more={**_SECURE, **more})


def passes(**headers: str) -> Sent:
    return Sent(
        "/p", {}, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


SECURITY: list[Kept | Refused] = [
    secured(
        "bearer",
        [{"bearer": []}],
        Sent("/p", {}, headers=BEARER),
        Sent("/p", status=401),
        Sent("/p", status=401, headers=WRONG),
    ),
    secured(
        "apiKey in a header",
        [{"key": []}],
        Sent("/p", {}, headers=KEY),
        Sent("/p", status=401),
        Sent("/p", status=401, headers={"X-Key": "wrong"}),
    ),
    secured(
        "apiKey in the query",
        [{"queryKey": []}],
        Sent("/p?key=right", {}),
        Sent("/p", status=401),
        Sent("/p?key=wrong", status=401),
    ),
    secured(
        "apiKey in a cookie",
        [{"cookieKey": []}],
        Sent("/p", {}, headers={"Cookie": "key=right"}),
        Sent("/p", status=401),
    ),
    secured(
        "AND (several in one requirement)",
        [{"bearer": [], "key": []}],
        Sent("/p", {}, headers={**BEARER, **KEY}),
        Sent("/p", status=401, headers=BEARER),
        Sent("/p", status=401, headers=KEY),
        Sent("/p", status=401, headers={**WRONG, **KEY}),
        Sent("/p", status=401),
    ),
    secured(
        "OR (several requirements)",
        [{"bearer": []}, {"key": []}],
        Sent("/p", {}, headers=BEARER),
        Sent("/p", {}, headers=KEY),
        Sent("/p", {}, headers={**WRONG, **KEY}),
        Sent("/p", status=401, headers=WRONG),
        Sent("/p", status=401),
    ),
    secured(
        "optional: open without credentials, closed with wrong ones",
        [{}, {"bearer": []}],
        Sent("/p", {}),
        Sent("/p", {}, headers=BEARER),
        Sent("/p", status=401, headers=WRONG),
    ),
    secured(
        "public (security: []), where all else is secured",
        [],
        Sent("/p", {}),
        security=[{"bearer": []}],
    ),
    Kept(
        "Security",
        "of the whole contract",
        {},
        [Sent("/p", {}, headers=BEARER), Sent("/p", status=401)],
        more={**_SECURE, "security": [{"bearer": []}]},
    ),
    Refused(
        "Security",
        "a scheme without a check",
        {"security": [{"unchecked": []}]},
        "GET /p: security: scheme unchecked has no check",
        more=_SECURE,
    ),
    Refused(
        "Security",
        "a scheme that is not declared",
        {"security": [{"nowhere": []}]},
        "GET /p: security: there is no scheme nowhere in this document",
        more=_SECURE,
    ),
    Refused(
        "Security",
        "scopes, and with them OAuth 2 and OpenID Connect",
        {"security": [{"oauth": ["a"]}]},
        "GET /p: security: scopes of scheme oauth are not supported",
        more=_SECURE,
    ),
]
