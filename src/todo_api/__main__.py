"""The command line: serve, migrate, backup, restore, grants, token, spec, settings."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from socket import socket
from typing import NoReturn

import click

from compiled import ContractRefused
from db.checks.texts import UnfitDatabase
from db.distributed import CitusMissing
from db.errors import DatabaseUnavailable
from todo_api import process, server
from todo_api.commands import greeting, tables
from todo_api.commands.backup import backup, restore
from todo_api.commands.grants import grants
from todo_api.commands.serving import Serving, has_served
from todo_api.contract import contract_json, contract_yaml, users
from todo_api.database import database, embedded_place
from todo_api.embedded.embedded import EmbeddedError
from todo_api.listeners import CantListen, NoIPv6, listeners
from todo_api.settings import listing
from todo_api.settings.development import own_token
from todo_api.settings.settings import Settings, SettingsError, load_settings
from todo_api.telemetry import log_output
from todo_api.telemetry.contracted import counted
from todo_api.telemetry.counts import Layout
from todo_api.telemetry.metrics import metrics_served
from todo_api.workers.orders import Orders, hand_over


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("todo-api"), prog_name="todo-api")
def cli() -> None:
    """Serve the Todo API, and maintain its database.

    All settings come from the environment: `todo-api settings` prints them.
    """


@cli.command(cls=Serving)
@click.option("--host", help="Address to listen on.  [HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [PORT, 8000]")
@click.option("--workers", type=click.IntRange(1, 1000), help="Processes.  [WORKERS, 1]")
@click.option("--reload", is_flag=True, help="Restart when the source or the contract changes.")
def serve(host: str | None, port: int | None, workers: int | None, reload: bool) -> None:
    """Serve the API; Ctrl-C ends it."""
    if reload and workers:
        raise click.UsageError("--reload serves with one process: leave --workers out.")
    settings = _settings(HOST=host, PORT=port, WORKERS=1 if reload else workers)
    log_output.configure(settings.log_format, settings.log_level)
    greeting.warn_of_plain_http(settings)
    sockets = _listeners(settings)
    process.allow_connections()
    process.end_by_unwinding()
    _check_contract()
    if settings.workers > 1:
        _supervise(settings, sockets)
    with _one_line_errors(), database(settings), _metrics(settings):
        _check_surroundings(settings)
        server.run(settings, sockets, reload=reload)
        has_served()


@cli.command()
@click.option("--distributed", is_flag=True, help="Spread the tables over Citus' nodes, by user.")
def migrate(distributed: bool) -> None:
    """Bring the database's tables up to date."""
    settings = _settings()
    if distributed and not settings.database_url:
        raise click.ClickException("--distributed needs DATABASE_URL, a database with Citus.")
    with _one_line_errors(), database(settings) as url:
        tables.bring_up_to_date(url, distributed=distributed)


@cli.command()
@click.argument("user")
@click.option(
    "--ttl",
    default=3600,
    show_default=True,
    help="Seconds the token is valid for.",
    type=click.IntRange(1, 10 * 365 * 86400),
)
def token(user: str, ttl: int) -> None:
    """Print a token for USER, signed with JWT_SECRET_KEY or the development secret."""
    settings = _settings()
    if settings.jwks_url:
        raise click.ClickException(
            "Tokens are issued by the identity server at BETTER_AUTH_URL or JWT_JWKS_URL; "
            "this command needs JWT_SECRET_KEY instead."
        )
    if not users()(user):
        raise click.BadParameter(
            "must be 1 to 255 characters of text, neither . nor .., for example alice.",
            param_hint="USER",
        )
    click.echo(own_token(user, settings, ttl))


@cli.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="How to print it.",
)
@click.option("--check", is_flag=True, help="Only say what of it would not be kept.")
def spec(form: str, check: bool) -> None:
    """Print the contract, or check that every construct in it is kept."""
    if check:
        _check_contract()
        return
    click.echo(contract_yaml() if form == "yaml" else contract_json() + b"\n", nl=False)


cli.add_command(listing.settings)
cli.add_command(grants)
cli.add_command(backup)
cli.add_command(restore)


def main() -> None:
    """Run the command line."""
    cli(prog_name="todo-api")


def _settings(**options: str | int | None) -> Settings:
    """Read the environment; an option goes there first, as the workers read it once more."""
    os.environ.update({name: str(value) for name, value in options.items() if value})
    try:
        return load_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except (EmbeddedError, DatabaseUnavailable, CitusMissing, UnfitDatabase) as error:
        raise click.ClickException(str(error)) from None


def _check_contract() -> None:
    """End with a line for each construct of the contract that would not be kept."""
    from todo_api.operations import check_contract  # noqa: PLC0415 (the other commands start without it)

    try:
        check_contract()
    except ContractRefused as error:
        for finding in error.findings:
            click.echo(f"openapi/todo.yaml: {finding}", err=True)
        sys.exit(1)


def _supervise(settings: Settings, sockets: list[socket]) -> NoReturn:
    """Become the supervisor of several workers, when there is nothing to refuse."""
    with _one_line_errors():
        _check_surroundings(settings)
    port = settings.metrics_port
    hand_over(
        Orders(
            workers=settings.workers,
            listeners=[listener.fileno() for listener in sockets],
            seconds_to_end=server.seconds_to_end(settings),
            log=(settings.log_format, settings.log_level),
            metrics=None if port is None else (settings.metrics_host, port),
            counted=counted()._asdict(),
            embedded=None if settings.database_url else str(embedded_place(settings)),
        )
    )


@contextmanager
def _metrics(settings: Settings) -> Iterator[None]:
    """Serve the metrics of this one process, if they are asked for."""
    if settings.metrics_port is None:
        yield
        return
    host, port = settings.metrics_host, settings.metrics_port
    with metrics_served(host, port, Layout(counted()), restarts=lambda: 0):
        yield


def _check_surroundings(settings: Settings) -> None:
    """Look at the database and Redis, and say how to try the service."""
    if settings.database_url:
        tables.check(settings.database_url.get_secret_value())
    if settings.rate_limit_redis_url:
        _check_redis(settings.rate_limit_redis_url.get_secret_value())
    if settings.development:
        click.echo(greeting.welcome(settings))


def _listeners(settings: Settings) -> list[socket]:
    """Take the addresses, and say it in a line where one can't be had."""
    if settings.metrics_port:
        for probe in _taken(settings.metrics_host, settings.metrics_port, "METRICS_"):
            probe.close()
    return _taken(settings.host, settings.port)


def _taken(host: str, port: int, prefix: str = "") -> list[socket]:
    try:
        return listeners(host, port)
    except NoIPv6:
        raise click.ClickException(
            f"Can't listen on {host} port {port}, as this machine has no IPv6: all of its IPv4 "
            f"addresses are {prefix}HOST=0.0.0.0, its own is {prefix}HOST=127.0.0.1."
        ) from None
    except CantListen as error:
        raise click.ClickException(
            f"Can't listen on {host} port {port} ({error}): choose another with "
            f"{prefix}HOST and {prefix}PORT, for example {prefix}PORT={port + 1}."
        ) from None


def _check_redis(url: str) -> None:
    """Say so where nobody would be limited; Redis may come, and needs no restart then."""
    from todo_api.limits.redis_check import trouble_with_redis  # noqa: PLC0415 (of an extra)

    if trouble := trouble_with_redis(url):
        click.echo(
            f"Warning: Redis can't be used ({trouble}); serving all the same, without limits until "
            "it can.",
            err=True,
        )


if __name__ == "__main__":
    main()
