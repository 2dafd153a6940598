"""`BETTER_AUTH_URL`, interpreted as Better Auth does.

The path is that of its routes, by default `/api/auth`. Its `iss` and `aud` are the origin
(https://www.better-auth.com/docs/reference/options#baseurl, and tried on its server).
"""

import re

import httpx2

_AUTHORITY = re.compile(rb"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")
_BASE_PATH = "/api/auth"


def checked(url: str) -> str:
    """Return `url`; raises ValueError if it can't be a Better Auth server's."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise ValueError("must be an http or https URL") from None
    if parts.scheme not in ("http", "https") or not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("must be an http or https URL")
    if parts.userinfo or parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("must be an address without a password, a query or a fragment")
    return url


def origin(url: str) -> str:
    """Return the server's `iss` and `aud`: scheme, host and port, as browsers write an origin."""
    parts = httpx2.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"


def jwks_url(url: str) -> str:
    """Return the URL of the server's keys."""
    path = httpx2.URL(url).raw_path.decode().rstrip("/") or _BASE_PATH
    return f"{origin(url)}{path}/jwks"
