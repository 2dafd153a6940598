"""Why a connection could not be made, as the log may say it."""

import re
import socket

import pytest

from db.errors import DatabaseUnavailable
from db.pool.connection import Connection
from db.reasons import reason
from tests.db.postgres import Server


async def reason_of(dsn: str, patience: float = 30.0) -> str | None:
    with pytest.raises(DatabaseUnavailable) as failure:
        await Connection.open(dsn, patience=patience)
    assert failure.value.__cause__
    return reason(failure.value.__cause__)


async def test_a_wrong_password_is_one(database_url: str) -> None:
    wrong = re.sub(r":[^:@]+@", ":hunter2@", database_url)

    assert await reason_of(wrong) == "password"


@pytest.mark.parametrize(
    ("difference", "word"),
    [
        ("port=1", "refused"),
        ("sslmode=require", "TLS"),
        ("dbname=password-of-nobody", "password"),  # a wrong word at worst, and one of ours
        ("dbname=nowhere", "no such database or role"),
        ("user=nobody", "no such database or role"),
        ("host=no.such.host.invalid", "host name"),
    ],
)
async def test_what_a_dsn_has_wrong_is_named(server: Server, difference: str, word: str) -> None:
    assert await reason_of(f"{server.dsn} {difference}") == word


async def test_a_role_that_has_its_connections_is_told_so(server: Server) -> None:
    server.sql("DROP ROLE IF EXISTS busy")
    server.sql("CREATE ROLE busy LOGIN CONNECTION LIMIT 0")

    assert await reason_of(f"{server.dsn} user=busy") == "too many connections"


async def test_a_server_that_keeps_silent_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        assert await reason_of(f"host=127.0.0.1 port={port}", patience=0.05) == "timeout"


def test_what_is_no_failure_to_connect_has_none() -> None:
    assert reason(ValueError("password")) is None
