"""What `todo-api serve` says of its address: how to try it, and where it would tell tokens."""

import click

from todo_api.listeners import EVERY_ADDRESS
from todo_api.settings.development import own_token
from todo_api.settings.settings import Settings

_WELCOME_SECONDS = 86_400
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_AS_LOCALHOST = ("127.0.0.1", "localhost", "0.0.0.0", EVERY_ADDRESS)  # noqa: S104 (compared)


def warn_of_plain_http(settings: Settings) -> None:
    """Say so where tokens would cross a network unencrypted."""
    if not (settings.host in _LOOPBACK or settings.tls_cert or settings.forwarded_allow_ips):
        click.echo(
            f"Warning: on {settings.host}, tokens cross the network unencrypted: set TLS_CERT and "
            "TLS_KEY, or FORWARDED_ALLOW_IPS to the address of the proxy that ends TLS.",
            err=True,
        )


def welcome(settings: Settings) -> str:
    """Return where the service is, with a token to try it."""
    address = f"{'https' if settings.tls_cert else 'http'}://{_name(settings.host)}:{settings.port}"
    token = own_token("alice", settings, _WELCOME_SECONDS)
    return (
        f"\nSwagger UI: {address}/docs\n"
        f"Authorise there with this token of the user alice, or try:\n\n"
        f"curl {address}/api/alice/tasks "
        f"-H 'Authorization: Bearer {token}'\n"
    )


def _name(host: str) -> str:
    """Return how a URL names the address on this machine (RFC 3986, 3.2.2)."""
    if host in _AS_LOCALHOST:
        return "localhost"
    return f"[{host}]" if ":" in host else host
