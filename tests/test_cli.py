"""The command line, as a person meets it."""

import re
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner, Result

from todo_api.__main__ import cli
from todo_api.contract import contract, contract_json, contract_yaml
from todo_api.settings.settings import Settings

SECRET = "a secret that only the tests know"
COMMANDS = ("serve", "migrate", "backup", "restore", "grants", "token", "spec", "settings")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "JWT_SECRET_KEY", "BETTER_AUTH_URL", "JWT_JWKS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


def run(*arguments: str, **variables: str) -> Result:
    environment: dict[str, str | None] = {
        "HOST": None,
        "PORT": None,
        **variables,
    }  # options go there, too
    return CliRunner().invoke(cli, arguments, env=environment, prog_name="todo-api")


def test_help_names_every_command() -> None:
    result = run("--help")

    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert run(command, "--help").exit_code == 0


def test_settings_prints_every_variable_with_its_default_and_its_meaning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATA_DIR")
    unset = Settings()
    pairs = re.findall(r"^# (.+)\n([A-Z0-9_]+)=(.*)$", run("settings").stdout, re.MULTILINE)
    for _, name, default in pairs:
        monkeypatch.setenv(name, default)

    assert [name for _, name, _ in pairs] == [name.upper() for name in Settings.model_fields]
    assert len({meaning for meaning, _, _ in pairs}) == len(pairs)
    assert Settings() == unset


def test_spec_prints_the_contract_byte_for_byte() -> None:
    assert run("spec").stdout_bytes == contract_yaml()
    assert run("spec", "--format", "json").stdout_bytes == contract_json() + b"\n"


def test_a_token_is_signed_with_the_shared_secret() -> None:
    token = run("token", "alice", "--ttl", "60", JWT_SECRET_KEY=SECRET).stdout.strip()
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])

    assert claims["user_id"] == "alice"
    assert claims["exp"] - claims["iat"] == 60


def test_a_development_token_needs_no_setting(tmp_path: Path) -> None:
    token = run("token", "alice").stdout.strip()

    assert jwt.decode(token, (tmp_path / "jwt-secret").read_text(), algorithms=["HS256"])


def test_a_token_names_what_the_service_asks_for() -> None:
    named = {"JWT_ISSUER": "https://auth.example.com", "JWT_AUDIENCE": "https://api.example.com"}
    token = run("token", "jane doe", JWT_SECRET_KEY=SECRET, **named).stdout.strip()
    issuer, audience = named.values()
    claims = jwt.decode(token, SECRET, ["HS256"], issuer=issuer, audience=audience)

    assert claims["user_id"] == "jane doe"


@pytest.mark.parametrize("user", ["", ".", "..", "a" * 256, "a\tb", "\x7f", "\x85", "\udcff"])
def test_a_token_is_only_made_for_a_possible_user(user: str) -> None:
    result = run("token", "--", user)

    assert result.exit_code == 2
    assert "for example alice" in result.stderr


REFUSALS = {
    "ttl of nothing": (["token", "alice", "--ttl", "0"], {}, 2, "--ttl"),
    "tokens of another issuer": (
        ["token", "alice"],
        {"BETTER_AUTH_URL": "https://auth.example.com"},
        1,
        "BETTER_AUTH_URL",
    ),
    "port that is a word": (["serve"], {"PORT": "http"}, 1, "PORT=8000"),
    "port out of range": (["serve", "--port", "70000"], {}, 2, "--port"),
    "workers with reload": (["serve", "--reload", "--workers", "2"], {}, 2, "--reload"),
    "nothing to distribute": (["migrate", "--distributed"], {}, 1, "DATABASE_URL"),
    "another database": (["migrate"], {"DATABASE_URL": "sqlite:///x"}, 1, "DATABASE_URL"),
    "no keys": (["serve"], {"DATABASE_URL": "postgresql://h/d"}, 1, "BETTER_AUTH_URL"),
    "short secret": (["serve"], {"JWT_SECRET_KEY": "hunter2"}, 1, "JWT_SECRET_KEY"),
    "host that is none": (["serve", "--host", "no.such.host.invalid"], {}, 1, "HOST"),
    "database that is away": (
        ["migrate"],
        {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d", "JWT_SECRET_KEY": SECRET},
        1,
        "The database can't be reached",
    ),
    "one port for two": (["serve", "--port", "9464"], {"METRICS_PORT": "9464"}, 1, "METRICS_PORT="),
    "half a certificate": (["serve"], {"TLS_CERT": __file__}, 1, "TLS_KEY="),
    "no certificate": (["serve"], {"TLS_CERT": "/none", "TLS_KEY": __file__}, 1, "TLS_CERT="),
    "not a certificate": (["serve"], {"TLS_CERT": __file__, "TLS_KEY": __file__}, 1, "PEM"),
    "grants to everybody": (["grants", "public"], {}, 2, "for example todo_api"),
    "grants to nobody": (["grants", ""], {}, 2, "for example todo_api"),
    "grants to a name that is cut": (["grants", "ä" * 32], {}, 2, "63 bytes"),
    "backup of nothing": (["backup", "todo.dump"], {}, 1, "no database in"),
    "restore of nothing": (["restore", "/none/todo.dump"], {}, 1, "No such file"),
    "backup of a database of one's own": (
        ["backup", "todo.dump"],
        {"DATABASE_URL": "postgresql://u:hunter2@h/d", "JWT_SECRET_KEY": SECRET},
        1,
        "pg_dump --format=custom",
    ),
    "unknown format": (["spec", "--format", "xml"], {}, 2, "xml"),
}


@pytest.mark.parametrize(
    ("arguments", "variables", "status", "named"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_a_mistake_is_told_in_one_line_that_names_it(
    arguments: list[str], variables: dict[str, str], status: int, named: str
) -> None:
    result = run(*arguments, **variables)

    assert result.exit_code == status
    assert named in result.stderr
    [error] = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert "hunter2" not in result.output
    assert "Traceback" not in result.output
    assert error == result.stderr.splitlines()[-1]


def test_without_citus_tables_are_not_distributed_and_what_is_missing_is_told(
    database_url: str,
) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    result = run("migrate", "--distributed", **variables)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The database has no Citus: ")
    assert "CREATE EXTENSION citus" in result.stderr


def test_the_contract_and_the_package_have_one_version() -> None:
    version: str = contract()["info"]["version"]

    assert version in run("--version").stdout


def test_the_contract_is_checked_without_a_database() -> None:
    assert run("spec", "--check").stdout == ""


def test_grants_are_printed_for_a_role_to_the_letter_and_without_a_database() -> None:
    printed = run("grants", 'the "API"', "--schema", "Todo").stdout

    assert printed.splitlines() == [
        'GRANT USAGE ON SCHEMA "Todo" TO "the ""API""";',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "Todo"."tasks" TO "the ""API""";',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "Todo"."idempotency_keys" TO "the ""API""";',
        'GRANT SELECT ON "Todo"."alembic_version" TO "the ""API""";',
        'GRANT USAGE ON SEQUENCE "Todo"."tasks_id_seq" TO "the ""API""";',
    ]
