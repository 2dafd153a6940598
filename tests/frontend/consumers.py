"""The programs of a frontend team's project, and what the server saw of them."""

import json
import subprocess
from pathlib import Path

from tests.live.conftest import Server, environment


def run(project: Path, program: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run a program in the project and return its exit status and all that it printed."""
    done = subprocess.run(
        [program, *arguments],
        cwd=project,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def operations_of(user: str, server: Server) -> set[str]:
    """Return the operations that the server has logged for a user so far."""
    lines = [json.loads(line) for line in server.log().splitlines() if f'"{user}"' in line]
    return {line["operation"] for line in lines}
