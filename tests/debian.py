"""What Debian packages and pip does not: installed once, before the tests of the world begin.

Where that can't be, one line names all that is missing, the tests that need it are skipped and
named at the end, and in CI the run fails.
"""

import os
import subprocess
from pathlib import Path

import pytest

PROGRAMS = {
    "aardvark-dns": "usr/lib/podman/aardvark-dns",
    "chromium": "usr/bin/chromium",
    "curl": "usr/bin/curl",
    "etcd-server": "usr/bin/etcd",
    "fonts-liberation": "usr/share/fonts/truetype/liberation*/LiberationSans-Regular.ttf",
    "haproxy": "usr/sbin/haproxy",
    "iptables": "usr/sbin/iptables",
    "mmdebstrap": "usr/bin/mmdebstrap",
    "netavark": "usr/lib/podman/netavark",
    "nginx": "usr/sbin/nginx",
    "openssl": "usr/bin/openssl",
    "patroni": "usr/bin/patroni",
    "pgbouncer": "usr/sbin/pgbouncer",
    "podman": "usr/bin/podman",
    "postgresql": "usr/lib/postgresql/*/bin/postgres",
    "prometheus": "usr/bin/promtool",
    "python3": "usr/bin/python3",
    "redis-server": "usr/bin/redis-server",
    "runc": "usr/sbin/runc",
    "shellcheck": "usr/bin/shellcheck",
    "systemd": "usr/bin/systemd-analyze",
}
"""A file of each package, by which it is seen to be there."""

_MOST_TOLD = 500  # characters of apt-get's own words
_APT = ("apt-get", "--option", "Acquire::Retries=3")
_INSTALL = ("install", "--yes", "--quiet", "--no-install-recommends")


def debian_file(package: str) -> Path:
    """Return a package's file, the newest where there are several; skip the test without it."""
    found = _files(package)
    if not found and os.environ.get("CI"):
        pytest.fail(f"This test needs Debian's package {package}.")
    if not found:
        pytest.skip(f"needs Debian's package {package}")
    return max(found)


def prepare() -> str:
    """Install what is missing, if that can be done here; else return what a person has to do."""
    missing = [package for package in PROGRAMS if not _files(package)]
    if not missing:
        return ""
    why = "This needs root."
    if os.geteuid() == 0:
        _run("update", "--quiet")  # where it fails, what is known of the packages may do
        why = _run(*_INSTALL, *missing)
    missing = [package for package in missing if not _files(package)]
    if not missing:
        return ""
    return (
        f"Some tests need more of Debian: sudo apt-get install {' '.join(missing)}\n{why}".strip()
    )


def _files(package: str) -> list[Path]:
    return list(Path("/").glob(PROGRAMS[package]))


def _run(*command: str) -> str:
    """Run apt-get; return the end of what it complained of, if it failed."""
    try:
        done = subprocess.run(
            [*_APT, *command],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "This is no Debian."
    return done.stderr.strip()[-_MOST_TOLD:] if done.returncode else ""
