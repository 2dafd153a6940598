"""The types of environment variables, with a message for each invalid value."""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import urlsplit

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn
from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from identity.keys import SharedSecret
from todo_api.limits.rate import Rate
from todo_api.settings import better_auth
from todo_api.settings.origins import origin_of

_TOKEN = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
_HOST = r"(?:\[[^\]]*\]|[^:,\[\]]*)(?::[0-9]*)?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_PARAMETER = re.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}=")


def _postgresql(url: SecretStr) -> SecretStr:
    scheme, separator, rest = url.get_secret_value().partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg2") or not separator:
        raise ValueError("must be the URL of a PostgreSQL database")
    plain = f"postgresql://{rest}"
    try:
        parse_dsn(plain)
    except ProgrammingError:
        if unknown := _unknown_parameters(rest):
            names = ", ".join(unknown)
            raise ValueError(f"must be without {names}: libpq has no such parameter") from None
        raise ValueError("must be a URL that libpq can read") from None
    return SecretStr(plain)


def _unknown_parameters(url: str) -> list[str]:
    """Return the names of URL parameters for an ORM, not for libpq, such as `pgbouncer`.

    Names that may be part of a password, such as one with `?` in it, are left out.
    """
    place, _, query = url.rpartition("@")[2].partition("?")
    is_told = _HOSTS.fullmatch(place.partition("/")[0]) and "password" not in query.lower()
    pairs = query.split("&") if is_told else []
    return [
        pair.partition("=")[0] for pair in pairs if _PARAMETER.match(pair) and _is_unknown(pair)
    ]


def _is_unknown(pair: str) -> bool:
    try:
        parse_dsn(f"postgresql:///?{pair}")
    except ProgrammingError:
        return True
    return False


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL")
    return url


def _secret(secret: SecretStr) -> SecretStr:
    SharedSecret(secret.get_secret_value())
    return secret


def _field_name(text: str) -> str:
    if not _TOKEN.fullmatch(text) or text == "*":
        raise ValueError("must be names of request headers, separated by commas")
    return text


def _comma_list(text: Any) -> Any:
    return [part.strip() for part in text.split(",")] if isinstance(text, str) else text


def _redis(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not text.startswith(("redis://", "rediss://")):
        raise ValueError("must be the URL of a Redis server")
    if find_spec("redis") is None:
        raise ValueError("needs the package's extra, pip install 'todo-api[redis]'")
    redis = import_module("redis")
    try:
        redis.asyncio.ConnectionPool.from_url(text).make_connection()
    except (AttributeError, TypeError, ValueError, redis.RedisError):
        raise ValueError("must be a URL that redis-py can read") from None
    return url


def _rate(text: Any) -> Any:
    # pydantic-settings parses optional variables as JSON where it can: 100 becomes a number.
    return text if isinstance(text, Rate) else Rate.parse(str(text))


BetterAuthUrl = Annotated[str, AfterValidator(better_auth.checked)]
HttpUrl = Annotated[str, AfterValidator(_http)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(origin_of)], ...], NoDecode, BeforeValidator(_comma_list)
]
FieldNames = Annotated[
    tuple[Annotated[str, AfterValidator(_field_name)], ...], NoDecode, BeforeValidator(_comma_list)
]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgresql)]
RateLimit = Annotated[Rate, NoDecode, BeforeValidator(_rate)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis)]
SigningSecret = Annotated[SecretStr, AfterValidator(_secret)]
