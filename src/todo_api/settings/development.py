"""Issue tokens: for development, and with a shared secret."""

import logging
import secrets
import time
from fcntl import LOCK_EX, flock
from pathlib import Path

import jwt

from todo_api.embedded.kept import read_whole, write_whole
from todo_api.settings.settings import Settings

_SHORTEST = 32  # characters, the minimum for HS256 (RFC 7518, 3.2)

_log = logging.getLogger("todo_api.development")


def signing_secret(settings: Settings) -> str:
    """Return JWT_SECRET_KEY, else the development secret, which is created on first use."""
    if settings.jwt_secret_key:
        return settings.jwt_secret_key.get_secret_value()
    return _development_secret(settings.data_dir)


def own_token(user: str, settings: Settings, ttl: int) -> str:
    """Return a token for `user` that this service accepts for `ttl` seconds (HS256)."""
    named = {"iss": settings.issuer, "aud": settings.audience}
    claims = {name: value for name, value in named.items() if value is not None}
    return token_for(user, signing_secret(settings), ttl, **claims)


def token_for(user: str, secret: str, ttl: int, **claims: str) -> str:
    """Return a token for `user`, with further claims, that is valid for `ttl` seconds (HS256)."""
    now = int(time.time())
    claims_of_all = {"user_id": user, "iat": now, "exp": now + ttl, **claims}
    return jwt.encode(claims_of_all, secret, algorithm="HS256")


def _development_secret(data_dir: Path) -> str:
    """Return the secret kept beside the embedded data, readable by its owner only."""
    path = data_dir / "jwt-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        write_whole(path, secrets.token_hex(32), replace=False)
    if len(read_whole(path)) < _SHORTEST:
        _replace(path)
    return read_whole(path)


def _replace(path: Path) -> None:
    """Replace a damaged secret, as after a power failure while it was written."""
    with path.open() as damaged:
        flock(damaged, LOCK_EX)
        if len(read_whole(path)) < _SHORTEST:  # no other process was first
            write_whole(path, secrets.token_hex(32))
            _log.warning("%s was damaged and is replaced: tokens signed with it are invalid.", path)
