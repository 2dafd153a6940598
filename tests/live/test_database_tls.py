"""The database over TLS, its certificate verified and bound to the password, as Neon asks."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from psycopg2.extensions import parse_dsn
from starlette.testclient import TestClient

from db import tasks
from db.errors import DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.pool import Pool
from db.reasons import reason
from tests.conftest import SECRET
from tests.db.dead import silent
from tests.db.postgres import Server as Database
from tests.debian import debian_file
from tests.folders import open_folder
from tests.live.conftest import PATIENCE, run, serving
from todo_api.app import create_app
from todo_api.settings.settings import Settings

pytestmark = pytest.mark.world

PASSWORD = "the-password-of-the-database"
PASSWORD_RULES = """
host    all postgres 127.0.0.1/32 trust
hostssl all todo     127.0.0.1/32 scram-sha-256
"""
CONFIGURATION = """
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
"""


class Authority:
    """A certificate authority, and the certificates that it issues."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        basics = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._signed(self._name, self._key, basics)

    def issue(self, host: str) -> tuple[bytes, bytes]:
        """Return a certificate for `host` and its private key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._signed(x509.Name([]), key, names), private

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> bytes:
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .issuer_name(self._name)
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=True)
        )
        return certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("The tests' own")


@pytest.fixture(scope="module")
def trusted(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the authority that issued the database's certificate."""
    path = tmp_path_factory.mktemp("trusted") / "authority.pem"
    path.write_bytes(authority.certificate)
    return path


@pytest.fixture(scope="module")
def database(authority: Authority) -> Iterator[Database]:
    """Debian's PostgreSQL, as the one from the wheel is built without TLS."""
    programs = debian_file("postgresql").parent
    with open_folder() as directory:
        database = Database(directory, programs)
        use_tls(directory / "cluster", *authority.issue("localhost"))
        database._account.take(directory)
        database.start()
        database.sql(f"CREATE ROLE todo LOGIN PASSWORD $${PASSWORD}$$")
        database.sql("CREATE DATABASE todo OWNER todo")
        yield database
        database.stop()


def use_tls(cluster: Path, certificate: bytes, key: bytes) -> None:
    (cluster / "server.pem").write_bytes(certificate)
    (cluster / "server.key").touch(mode=0o600)
    (cluster / "server.key").write_bytes(key)
    (cluster / "pg_hba.conf").write_text(PASSWORD_RULES)
    with (cluster / "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION)


@pytest.fixture(scope="module")
def url_of(database: Database, trusted: Path) -> Callable[..., str]:
    """Return a URL such as Neon's, with other parts where they are given."""

    def url_of(
        user: str = "todo", host: str = "localhost", port: int = database.port, **options: str
    ) -> str:
        query = {
            "sslmode": "verify-full",
            "channel_binding": "require",
            "sslrootcert": str(trusted),
            **options,
        }
        return f"postgresql://{user}:{PASSWORD}@{host}:{port}/todo?{urlencode(query)}"

    return url_of


@pytest.fixture(scope="module")
def url(url_of: Callable[..., str]) -> str:
    """The URL of the database, migrated over TLS."""
    done = migrate(url_of())
    assert (done.returncode, done.stderr) == (0, "")
    return url_of()


def migrate(url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run("migrate", DATABASE_URL=url, JWT_SECRET_KEY=SECRET, **variables)


def test_the_service_works_over_it(
    database: Database, url: str, user: str, token: Callable[[str], str], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as server:
        headers = {"Authorization": f"Bearer {token(user)}"}
        address = f"{server.url}/api/{user}/tasks"
        made = httpx2.post(address, json={"title": "Buy milk"}, headers=headers)

        assert made.status_code == 201
        assert httpx2.get(address, headers=headers).json()["tasks"] == [made.json()]
        assert database.sql(f"SELECT DISTINCT ssl {SESSIONS}") == [(True,)]


SESSIONS = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'todo'"


@pytest.fixture
async def pool(url: str) -> AsyncIterator[Pool]:
    pool = Pool(url)
    yield pool
    await pool.close()


async def test_a_large_page_arrives_whole(pool: Pool, user: str) -> None:
    values = "%(user)s, number, repeat('t', 200), repeat('d', 1000)"
    await pool.execute(
        "INSERT INTO tasks (user_id, id, title, description) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM generate_series(1, 1000) AS number",
        {"user": user},
    )
    page = partial(tasks.page, pool, user, {}, order="-created_at", cursor=None)
    pages = await asyncio.gather(*(page(limit=1000) for _ in range(8)))

    for found, _ in pages:
        assert sum(len(task["title"]) + len(task["description"]) for task in found) == 1_200_000


async def test_an_idle_connection_that_ends_is_replaced(database: Database, pool: Pool) -> None:
    ((before,),) = await pool.execute("SELECT pg_backend_pid()")
    database.sql(f"SELECT pg_terminate_backend({before})")
    async with asyncio.timeout(PATIENCE):
        while pool.idle:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.002)
    ((after,),) = await pool.execute("SELECT pg_backend_pid()")
    assert before != after


async def test_of_several_hosts_each_is_verified_by_its_name(url_of: Callable[..., str]) -> None:
    with silent() as dead:
        connection = await Connection.open(url_of(host=f"localhost:{dead.port},localhost"))
        connection.close()
        with pytest.raises(DatabaseUnavailable) as failure:
            await Connection.open(
                url_of(host=f"127.0.0.1:{dead.port},127.0.0.1", connect_timeout="1")
            )
    assert failure.value.__cause__
    assert reason(failure.value.__cause__) == "TLS"


def test_the_certificates_of_the_system_can_be_the_trusted_ones(
    url_of: Callable[..., str], trusted: Path
) -> None:
    done = migrate(url_of(sslrootcert="system"), SSL_CERT_FILE=str(trusted))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def untrustworthy(
    url_of: Callable[..., str], database_url: str, tmp_path: Path
) -> dict[str, tuple[str, str]]:
    """Servers that nothing may be told, and what libpq says of them."""
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Authority("A stranger").certificate)
    plain = int(parse_dsn(database_url)["port"])
    return {
        "another host": (url_of(host="127.0.0.1"), "certificate"),
        "a strange authority": (url_of(sslrootcert=str(stranger)), "certificate verify failed"),
        "no TLS": (url_of(port=plain), "server does not support SSL"),
        "no channel binding": (url_of(user="postgres"), "channel binding required"),
    }


@pytest.mark.parametrize(
    "fault", ["another host", "a strange authority", "no TLS", "no channel binding"]
)
def test_a_server_that_proves_nothing_is_refused(
    untrustworthy: dict[str, tuple[str, str]], fault: str, token: Callable[[str], str]
) -> None:
    url, reason = untrustworthy[fault]
    headers = {"Authorization": f"Bearer {token('alice')}"}
    with TestClient(create_app(Settings(database_url=url, jwt_secret_key=SECRET))) as client:
        answer = client.get("/api/alice/tasks", headers=headers)
    migrated = migrate(url)

    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")
    assert migrated.returncode == 1
    assert migrated.stderr.startswith("Error: The database can't be reached: ")
    assert reason in migrated.stderr
    assert migrated.stderr.count("\n") == 1
    assert PASSWORD not in migrated.stderr
