"""The wheel and the sdist: built from what is committed, tried as the image installs them."""

import os
import subprocess
import sys
from pathlib import Path

_DIST = Path("dist")
_TRIAL = "tests/deploy/test_wheel.py"


def build() -> Path:
    """Build the sdist, and the wheel from the sdist, into an emptied `dist/`; return the wheel.

    With the locked build backend that is installed here already: nothing is downloaded.
    Raises `CalledProcessError`.
    """
    options = ("--offline", "--no-build-isolation", "--clear", "--out-dir", str(_DIST))
    _run("uv", "build", "--python", sys.executable, *options)
    [wheel] = _DIST.glob("*.whl")
    return wheel.resolve()


def try_out(wheel: Path) -> None:
    """Run the wheel where no source is on the path. Raises `CalledProcessError`."""
    _run("pytest", "-q", _TRIAL, TODO_API_WHEEL=str(wheel))


def _run(module: str, *arguments: str, **variables: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, env=os.environ | variables, check=True)
