"""Secrets of the files in `deploy/`: each is where the service is told to look for it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn

from tests.debian import debian_file
from tests.deploy.image import ROOT
from tests.deploy.test_images import COMPOSE, COMPOSE_FILE, manifest, pod
from todo_api.settings.files import SECRETS

SCRIPT = ROOT / "deploy/secrets.sh"
VARIABLES = {f"{name.upper()}_FILE" for name in SECRETS}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder of secrets that the script makes beside itself."""
    copy = shutil.copy(SCRIPT, tmp_path)
    subprocess.run(["sh", copy], check=True)
    return tmp_path / "secrets"


def test_the_script_makes_every_secret_of_compose(made: Path) -> None:
    files = {Path(secret["file"]).name for secret in COMPOSE_FILE["secrets"].values()}
    password = (made / "postgres_password").read_text().strip()

    assert files == {path.name for path in made.iterdir()}
    assert re.fullmatch("[0-9a-f]{64}", password)
    assert (made / "pgbouncer_users").read_text() == f'"todo" "{password}"\n'
    for name, host in (("database_url", "pgbouncer"), ("direct_database_url", "postgres")):
        parts = parse_dsn((made / name).read_text().removesuffix("\n"))
        assert (parts["host"], parts["user"], parts["password"]) == (host, "todo", password)
    assert parse_dsn((made / "database_url").read_text())["port"] == "6432"


def test_only_their_owner_gets_to_the_secrets_and_any_user_of_a_container_may_read_them(
    made: Path,
) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o444}


def test_a_second_run_keeps_what_the_volume_was_made_with(made: Path) -> None:
    before = {path: path.read_text() for path in made.iterdir()}
    command = ["sh", str(made.parent / SCRIPT.name)]
    again = subprocess.run(command, capture_output=True, text=True, check=False)

    assert again.returncode == 1
    assert "they are kept" in again.stderr
    assert {path: path.read_text() for path in made.iterdir()} == before


def test_the_script_passes_shellcheck() -> None:
    shellcheck = debian_file("shellcheck")
    subprocess.run([shellcheck, SCRIPT], check=True)


def test_no_secret_of_compose_gets_into_the_repository_or_the_image() -> None:
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "!deploy\n" not in (ROOT / ".dockerignore").read_text()


@pytest.mark.parametrize("service", ["api", "migrate"])
def test_compose_hands_over_what_its_variables_name(service: str) -> None:
    named = COMPOSE[service]["environment"]
    given = {f"/run/secrets/{secret}" for secret in COMPOSE[service]["secrets"]}

    assert named["DATABASE_URL_FILE"] in given
    assert "/run/secrets/jwt_secret_key" in given
    assert set(COMPOSE[service]["secrets"]) <= COMPOSE_FILE["secrets"].keys()


@pytest.mark.parametrize("name", ["deployment.yaml", "migration.yaml"])
def test_the_pods_have_the_secret_as_files_where_their_variables_look(name: str) -> None:
    spec, container = pod(name)
    [mount] = [each for each in container["volumeMounts"] if each["name"] == "secrets"]
    [volume] = [each for each in spec["volumes"] if each["name"] == "secrets"]
    keys = manifest("secret.yaml.example")["stringData"]
    named = {each["name"]: each["value"] for each in container["env"] if each["name"] in VARIABLES}

    assert volume["secret"]["secretName"] == manifest("secret.yaml.example")["metadata"]["name"]
    assert named == {"DATABASE_URL_FILE": f"{mount['mountPath']}/DATABASE_URL"}
    assert "DATABASE_URL" in keys
    [settings] = container["envFrom"]
    assert settings == {
        "configMapRef": {"name": manifest("settings.yaml.example")["metadata"]["name"]}
    }
