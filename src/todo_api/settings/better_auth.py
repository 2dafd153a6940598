"""`BETTER_AUTH_URL`, read as Better Auth itself reads it.

A path is where its routes are, `/api/auth` without one; what it signs as `iss` and `aud` is the
origin (https://www.better-auth.com/docs/reference/options#baseurl, and tried on its server).
"""

import re

import httpx2

_AUTHORITY = re.compile(rb"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")
_BASE_PATH = "/api/auth"


def checked(url: str) -> str:
    """Return `url`; raises ValueError for what Better Auth has no server at."""
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
    """Return what the server signs as `iss` and `aud`: scheme, host and port as in a browser."""
    parts = httpx2.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"


def jwks_url(url: str) -> str:
    """Return where the server publishes its keys."""
    path = httpx2.URL(url).raw_path.decode().rstrip("/") or _BASE_PATH
    return f"{origin(url)}{path}/jwks"
