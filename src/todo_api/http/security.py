"""Security headers (OWASP, REST Security Cheat Sheet)."""

import re
from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.request import Headers

_KEPT = (b"cache-control", b"private, no-cache")
_NOT_KEPT = (b"cache-control", b"no-store")
_ALWAYS: Headers = [
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_OVER_TLS: Headers = [(b"strict-transport-security", b"max-age=31536000")]
_INLINE = re.compile(rb"<(?:script|style)>(.*?)</(?:script|style)>", re.DOTALL)


def headers_for(scheme: str, *, failed: bool) -> Headers:
    """Return the headers of a response; one that `failed` must not be cached."""
    kept = _NOT_KEPT if failed else _KEPT
    return [kept, *_ALWAYS, *(_OVER_TLS if scheme == "https" else [])]


class SecurityHeaders:
    """Add the headers to every response; a page's own, such as its policy, are kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                own = {name for name, _ in headers}
                failed = message["status"] >= HTTPStatus.BAD_REQUEST
                added = headers_for(scope["scheme"], failed=failed)
                message["headers"] = [*headers, *(each for each in added if each[0] not in own)]
            await send(message)

        await self.app(scope, receive, secured)


def policy_of(page: bytes) -> str:
    """Return a policy that allows only a page's own scripts and styles (CSP Level 3)."""
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(inline).digest()).decode()}'"
        for inline in _INLINE.findall(page)
    )
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors 'none'; script-src 'self' {hashes}; style-src 'self' {hashes}"
    )
