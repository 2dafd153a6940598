"""Tokens of our own: for a developer's machine, and where a secret is shared."""

import os
import secrets
import time
from pathlib import Path

import jwt

from todo_api.settings import Settings


def signing_secret(settings: Settings) -> str:
    """Return JWT_SECRET_KEY, or else the development secret, which is made at first use."""
    if settings.jwt_secret_key:
        return settings.jwt_secret_key.get_secret_value()
    return _development_secret(settings.data_dir)


def token_for(user: str, secret: str, ttl: int) -> str:
    """Return a token for `user` that is valid for `ttl` seconds (HS256)."""
    now = int(time.time())
    return jwt.encode({"user_id": user, "iat": now, "exp": now + ttl}, secret, algorithm="HS256")


def _development_secret(data_dir: Path) -> str:
    """Return the secret kept beside the embedded data, readable by its owner only."""
    path = data_dir / "jwt-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f"jwt-secret.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        _publish(draft, path)
    return path.read_text()


def _publish(draft: Path, path: Path) -> None:
    """Give `draft` its name, whole, unless another process was first."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
