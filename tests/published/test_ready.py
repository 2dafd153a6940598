"""A server is ready only where it could serve: rights, a database that takes changes, and keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import schema
from tests.conftest import SECRET, problem
from tests.db.postgres import Server, private_server
from tests.identity.auth.tokens import ED_JWK
from tests.live.conftest import until
from tests.live.issuer import Issuer
from todo_api.app import create_app
from todo_api.settings.development import token_for
from todo_api.settings.settings import Settings

NEEDED = [
    *(
        (right, table)
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        for table in ("tasks", "idempotency_keys")
    ),
    ("USAGE", "SEQUENCE tasks_id_seq"),
]
ALICE = {"Authorization": f"Bearer {token_for('alice', SECRET, 7200)}"}
TASKS = "/api/alice/tasks"


@contextmanager
def served(url: str, **others: Any) -> Iterator[TestClient]:
    settings = Settings(database_url=url, **{"jwt_secret_key": SECRET, **others})
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def url_of(postgres: Server, role: str) -> str:
    return f"postgresql://{role}@127.0.0.1:{postgres.port}/postgres?sslmode=disable"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server whose tables a role has just the rights on that are needed."""
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        postgres.sql("CREATE ROLE app LOGIN")
        for right, relation in NEEDED:
            postgres.sql(f"GRANT {right} ON {relation} TO app")
        yield postgres


@pytest.fixture(scope="module")
def app(postgres: Server) -> Iterator[TestClient]:
    with served(url_of(postgres, "app")) as client:
        assert client.get("/ready").status_code == 200
        yield client


def test_the_rights_that_are_needed_are_enough(app: TestClient) -> None:
    once = {**ALICE, "Idempotency-Key": "once"}
    created = [app.post(TASKS, headers=headers, json={"title": "a"}) for headers in (ALICE, once)]
    path = created[0].headers["Location"]
    answers = [
        *created,
        app.get(TASKS, headers=ALICE),
        app.patch(path, headers=ALICE, json={"complete": True}),
        app.delete(path, headers=ALICE),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 200, 200, 204]


@pytest.mark.parametrize(("right", "relation"), NEEDED)
def test_without_one_of_the_rights_it_is_not_ready(
    app: TestClient, postgres: Server, right: str, relation: str
) -> None:
    postgres.sql(f"REVOKE {right} ON {relation} FROM app")
    without = app.get("/ready")
    postgres.sql(f"GRANT {right} ON {relation} TO app")

    assert problem(without) == (503, "DATABASE_ERROR")
    assert without.json()["reason"] == "rights"
    assert without.headers["Retry-After"] == "1"
    assert app.get("/ready").status_code == 200


def test_a_read_only_role_is_told_and_left_once_it_may_write(postgres: Server) -> None:
    postgres.sql("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN IN ROLE app")
    postgres.sql("ALTER ROLE reader SET default_transaction_read_only = on")
    with served(url_of(postgres, "reader")) as client:
        answers = [client.get("/ready"), client.post(TASKS, headers=ALICE, json={"title": "a"})]
        listed = client.get(TASKS, headers=ALICE)
        told = client.get("/ready")
        postgres.sql("ALTER ROLE reader RESET default_transaction_read_only")

        # Of its connections, which were made read-only, none is used any more.
        assert client.get("/ready").status_code == 200
        assert client.post(TASKS, headers=ALICE, json={"title": "a"}).status_code == 201
    assert {problem(answer) for answer in answers} == {(503, "DATABASE_ERROR")}
    assert "takes no changes at the moment" in answers[1].json()["detail"]
    assert listed.status_code == 200
    assert told.json()["reason"] == "read only"


def test_a_standby_is_not_ready_but_healthy(log: Callable[[], list[dict[str, Any]]]) -> None:
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        postgres.become_standby()
        with served(url_of(postgres, "postgres")) as client:
            ready, health = client.get("/ready"), client.get("/health")
            changed = client.post(TASKS, headers=ALICE, json={"title": "a"})
    lines = [line for line in log() if line["logger"] == "todo_api.requests"]

    assert problem(ready) == (503, "DATABASE_ERROR")
    assert ready.json()["reason"] == "read only"
    assert health.status_code == 200
    assert problem(changed) == (503, "DATABASE_ERROR")
    assert [(line["path"], line.get("reason")) for line in lines] == [
        ("/ready", "read only"),
        ("/health", None),
        ("/api/{user_id}/tasks", None),
    ]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.go_down()


def keyless(postgres: Server, issuer: Issuer) -> Any:
    """Serve with the keys of an issuer, which are asked for ten times a second until they come."""
    keys = {name.lower(): value for name, value in issuer.settings.items()}
    return served(url_of(postgres, "app"), **keys, jwks_cool_down=0.1, jwt_secret_key=None)


def test_without_any_signing_key_it_is_not_ready(postgres: Server, issuer: Issuer) -> None:
    issuer.answer(b"", 503)
    with keyless(postgres, issuer) as client:
        ready = client.get("/ready")
        issuer.publish(ED_JWK)
        until(lambda: client.get("/ready").status_code == 200)
        issuer.answer(b"", 503)

        assert client.get("/ready").status_code == 200
    assert problem(ready) == (503, "AUTH_UNAVAILABLE")
    assert ready.json()["reason"] == "keys"
    assert ready.headers["Retry-After"] == "1"


def test_a_set_that_has_no_key_yet_is_one(postgres: Server, issuer: Issuer) -> None:
    with keyless(postgres, issuer) as client:
        until(lambda: client.get("/ready").status_code == 200)
