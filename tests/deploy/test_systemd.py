"""The unit for systemd: right by systemd's own tool, and with the time that the service takes."""

import re
import subprocess
from configparser import ConfigParser, SectionProxy
from pathlib import Path

import pytest

from tests.debian import debian_file
from tests.deploy.image import ROOT
from todo_api.settings.settings import Settings

UNIT = ROOT / "deploy/systemd/todo-api.service"
PAGE = (ROOT / "docs/deploy/shipping.md").read_text()
COMMAND = "/opt/todo-api/bin/todo-api"
MOST_EXPOSED = 20  # of 100; the bare service would be at 96


def analyze(*arguments: str | Path) -> str:
    """Run Debian's systemd-analyze, which asks no running systemd; it must find nothing wrong."""
    program = debian_file("systemd")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program in the service's place that is on every machine."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace(COMMAND, "/bin/true"))
    return path


@pytest.fixture(scope="module")
def service() -> SectionProxy:
    parser = ConfigParser(interpolation=None)
    parser.read(UNIT)
    return parser["Service"]


def test_systemd_takes_the_unit(unit: Path) -> None:
    analyze("verify", "--man=no", "--recursive-errors=no", unit)


def test_what_the_service_does_not_need_is_kept_from_it(unit: Path) -> None:
    analyze("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", unit)


def test_a_stop_leaves_the_time_that_requests_may_take(service: SectionProxy) -> None:
    drain = re.match(r"SHUTDOWN_DRAIN=(\d+) ", service["Environment"])
    traces, grace = 2, 5 + 2 * Settings.model_fields["request_timeout"].default

    assert drain
    assert int(service["TimeoutStopSec"]) >= int(drain[1]) + grace + traces
    assert service["KillMode"] == "mixed"  # workers are told by their supervisor


def test_it_runs_what_the_page_installs_with_the_settings_that_it_names(
    service: SectionProxy,
) -> None:
    assert service["ExecStart"] == f"{COMMAND} serve"
    for named in (f"{COMMAND} migrate", UNIT.name, service["EnvironmentFile"]):
        assert named in PAGE


def test_the_databases_url_is_handed_over_as_a_credential(service: SectionProxy) -> None:
    name, _, path = service["LoadCredential"].partition(":")

    assert f"DATABASE_URL_FILE=%d/{name}" in service["Environment"].split()
    assert path in PAGE
