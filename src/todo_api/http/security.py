"""Headers that tell browsers what not to do (OWASP, REST Security Cheat Sheet)."""

import re
from base64 import b64encode
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.request import Headers

_POLICY = b"content-security-policy"
_ALWAYS: Headers = [
    (b"cache-control", b"private, no-cache"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
_NOTHING: Headers = [(_POLICY, b"default-src 'none'; frame-ancestors 'none'")]
_OVER_TLS: Headers = [*_ALWAYS, (b"strict-transport-security", b"max-age=31536000")]
_INLINE = re.compile(rb"<(?:script|style)>(.*?)</(?:script|style)>", re.DOTALL)


def headers_for(scheme: str, *, own_policy: bool = False) -> Headers:
    """Return what is added to the response; the policy only where it has none of its own."""
    added = _OVER_TLS if scheme == "https" else _ALWAYS
    return added if own_policy else [*added, *_NOTHING]


class SecurityHeaders:
    """Add the headers to every response; a policy that a page has of its own is kept."""

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
                own = any(name == _POLICY for name, _ in headers)
                message["headers"] = [*headers, *headers_for(scope["scheme"], own_policy=own)]
            await send(message)

        await self.app(scope, receive, secured)


def policy_of(page: bytes) -> str:
    """Return a policy that lets a page run its own scripts and styles (CSP Level 3), no others."""
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(inline).digest()).decode()}'"
        for inline in _INLINE.findall(page)
    )
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors 'none'; script-src 'self' {hashes}; style-src 'self' {hashes}"
    )
