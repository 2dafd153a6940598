"""What Debian packages and pip does not, installed when a test first needs it."""

import os
import subprocess
from pathlib import Path

import pytest


def debian_file(package: str, pattern: str) -> Path:
    """Return the newest file that `pattern` finds, of a Debian package that may be missing."""
    if not list(Path("/").glob(pattern)):
        _install(package)
    return max(Path("/").glob(pattern))


def _install(package: str) -> None:
    options = ("--yes", "--quiet", "--no-install-recommends")
    for command in (("update", "--quiet"), ("install", *options, package)):
        try:
            done = subprocess.run(
                ["apt-get", "--option", "Acquire::Retries=3", *command],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            pytest.fail(f"This test needs {package}, and this is no Debian to install it on.")
    if done.returncode != 0:
        pytest.fail(
            f"This test needs Debian's package {package}, which could not be installed:"
            f" run `apt-get install {package}` as root. {done.stderr.strip()[-500:]}"
        )
