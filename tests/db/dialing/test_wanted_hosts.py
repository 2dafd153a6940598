"""Which of several servers is taken: by its kind, by chance, or none after a refusal."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from db.errors import DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.dialing.dialer import Dialer
from db.reasons import reason
from tests.db.dead import is_closed, refusal, refused, saying, silent
from tests.db.dialing.conftest import PASSWORD
from tests.db.postgres import Server

DsnOf = Callable[..., str]


async def taken(dsn: str) -> int:
    """Return the port of the server that a DSN leads to."""
    link = await Dialer(dsn, patience=10).dial()
    try:
        return int(link.info.port)
    finally:
        link.close()


async def failure(dsn: str) -> str | None:
    with pytest.raises(DatabaseUnavailable) as raised:
        await taken(dsn)
    assert raised.value.__cause__
    return reason(raised.value.__cause__)


@pytest.mark.parametrize("wanted", ["read-write", "primary"])
async def test_a_standby_is_passed_over_where_writes_are_wanted(
    server: Server, standby: Server, dsn_of: DsnOf, wanted: str
) -> None:
    hosts = dsn_of(standby.port, server.port, target_session_attrs=wanted)
    assert await taken(hosts) == server.port


@pytest.mark.parametrize("wanted", ["read-only", "standby", "prefer-standby"])
async def test_a_primary_is_passed_over_where_a_standby_is_wanted(
    server: Server, standby: Server, dsn_of: DsnOf, wanted: str
) -> None:
    hosts = dsn_of(server.port, standby.port, target_session_attrs=wanted)
    assert await taken(hosts) == standby.port


async def test_the_first_is_taken_where_any_will_do(
    server: Server, standby: Server, dsn_of: DsnOf
) -> None:
    for first, second in ((server.port, standby.port), (standby.port, server.port)):
        assert await taken(dsn_of(first, second)) == first
        assert await taken(dsn_of(first, second, target_session_attrs="any")) == first


async def test_a_primary_is_better_than_nothing_where_a_standby_is_preferred(
    server: Server, dsn_of: DsnOf
) -> None:
    with silent() as dead:
        hosts = dsn_of(dead.port, server.port, target_session_attrs="prefer-standby")
        assert await taken(hosts) == server.port


async def test_a_kind_that_no_server_is_has_its_name_in_the_log(
    standby: Server, dsn_of: DsnOf
) -> None:
    with refused() as dead:
        hosts = dsn_of(standby.port, dead.port, target_session_attrs="read-write")
        assert await failure(hosts) == "target_session_attrs"


async def test_after_a_wrong_password_no_other_host_is_tried(
    server: Server, standby: Server, dsn_of: DsnOf
) -> None:
    server.sql("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN")
    user = {"user": "guarded", "password": "another"}
    assert await failure(dsn_of(standby.port, server.port, **user)) == "password"
    assert await taken(dsn_of(server.port, standby.port, **user)) == server.port
    user["password"] = PASSWORD
    assert await taken(dsn_of(standby.port, server.port, **user)) == standby.port


async def test_a_refusal_in_another_language_is_one(server: Server, dsn_of: DsnOf) -> None:
    with (
        saying(refusal("28000", "致命的エラー", "役割 ...")) as host,
        pytest.raises(DatabaseUnavailable),
    ):
        await taken(dsn_of(host.port, server.port))


async def test_a_wrong_password_says_more_than_silence(standby: Server, dsn_of: DsnOf) -> None:
    with refused() as first, silent() as second:
        ports = first.port, second.port, standby.port
        hosts = dsn_of(*ports, user="guarded", password="another", connect_timeout=1)
        assert await failure(hosts) == "password"


async def test_a_slow_host_may_still_answer_after_another_refused(
    server: Server, dsn_of: DsnOf
) -> None:
    with silent() as refusing:
        server.freeze()
        dialing = asyncio.create_task(taken(dsn_of(server.port, refusing.port)))
        asked = await refusing.first_try()
        asked.sendall(refusal("28P01", "FATAL", "password authentication failed"))
        assert await is_closed(asked)
        server.thaw()
        assert await dialing == server.port


async def test_servers_share_the_load_where_they_are_shuffled(
    server: Server, standby: Server, dsn_of: DsnOf
) -> None:
    hosts = dsn_of(server.port, standby.port, load_balance_hosts="random")
    dialer = Dialer(hosts, patience=10)
    seen = set()
    for _ in range(40):
        link = await dialer.dial()
        seen.add(link.info.port)
        link.close()
    assert seen == {server.port, standby.port}


async def test_the_environment_names_hosts_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent() as dead:
        monkeypatch.setenv("PGHOST", "127.0.0.1,localhost")
        monkeypatch.setenv("PGPORT", f"{dead.port},{server.port}")
        assert await taken("user=postgres dbname=postgres") == server.port
        assert dead.tries() == 1
        assert await taken(server.dsn) == server.port
        assert dead.tries() == 1, "the DSN goes before the environment"


async def test_the_environment_names_the_kind_of_server_too(
    server: Server, standby: Server, dsn_of: DsnOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTARGETSESSIONATTRS", "read-write")
    assert await taken(dsn_of(standby.port, server.port)) == server.port


async def test_a_service_file_goes_before_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.write_text(f"[todo]\nhost=/nowhere,127.0.0.1\nport={server.port}\nuser=postgres\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGPORT", "1")
    assert await taken("service=todo dbname=postgres") == server.port
    assert await taken("service=todo dbname=postgres host=127.0.0.1") == server.port
    monkeypatch.setenv("PGSERVICE", "todo")
    assert await taken("dbname=postgres") == server.port


async def test_addresses_need_no_names(server: Server) -> None:
    ports = f"1,{server.port}"
    assert await taken(f"hostaddr=127.0.0.2,127.0.0.1 port={ports} user=postgres") == server.port


async def test_a_host_without_a_name_is_the_local_socket(server: Server) -> None:
    connection = await Connection.open(f"host=,127.0.0.1 port={server.port} user=postgres")
    connection.close()


@pytest.mark.parametrize(
    "hosts", ["host=a,b hostaddr=127.0.0.1", "hostaddr=127.0.0.1,::1 port=1,2,3", "port=1,2"]
)
async def test_lists_of_different_lengths_are_unavailable(hosts: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        await taken(hosts)
