"""How a DSN's lists are read: as libpq reads them."""

import pytest

from db.pool.dialing.dsn import Target, parameters_of, targets_of


@pytest.mark.parametrize(
    ("dsn", "targets"),
    [
        ("", [Target()]),
        ("postgresql://a", [Target("a", "", "5432")]),
        ("postgresql://a:1,b/x", [Target("a", "", "1"), Target("b", "", "5432")]),
        ("host=a,b port=1", [Target("a", "", "1"), Target("b", "", "1")]),
        ("host=a,b port=1,2", [Target("a", "", "1"), Target("b", "", "2")]),
        ("host=a, hostaddr=,::1", [Target("a", "", "5432"), Target("", "::1", "5432")]),
        ("hostaddr=::1,::2", [Target("", "::1", "5432"), Target("", "::2", "5432")]),
        ("postgresql://[::1]:1/x", [Target("::1", "", "1")]),
        ("host=/a,@b", [Target("/a", "", "5432"), Target("@b", "", "5432")]),
        ("port=1", [Target()]),
        ("service=x host=a,b", [Target()]),
    ],
)
def test_the_servers_of_a_dsn(dsn: str, targets: list[Target]) -> None:
    assert targets_of(parameters_of(dsn)) == targets


@pytest.mark.parametrize(
    ("target", "is_name"),
    [
        (Target("database.example"), True),
        (Target("database.example", "127.0.0.1"), False),
        (Target("127.0.0.1"), False),
        (Target("fe80::1%eth0"), False),
        (Target("/run"), False),
        (Target("@abstract"), False),
        (Target(), False),
    ],
)
def test_names_are_what_has_to_be_looked_up(target: Target, is_name: bool) -> None:
    assert target.is_name == is_name


def test_libpq_tries_one_server_in_the_order_that_it_is_given() -> None:
    shuffled = {"load_balance_hosts": "random", "host": "a,b", "port": "1,2", "dbname": "x"}
    assert Target("a", "::1", "1", "any").added_to(shuffled) == {
        "load_balance_hosts": "disable",
        "host": "a,/dev/null",
        "hostaddr": "::1,",
        "port": "1,",
        "target_session_attrs": "any",
        "dbname": "x",
    }
