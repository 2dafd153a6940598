"""The load: wrk, which keeps 16 connections busy."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16
"""As many as the service's pool has."""
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Answers:
    """What wrk counted: answers, those of them with a status of 400 or more, and broken sockets."""

    count: int
    seconds: float
    refused: int
    broken: int


def load(port: int, requests: Path, seconds: int) -> Answers:
    """Send the requests of a file, each as soon as a connection is free."""
    url = f"http://127.0.0.1:{port}"
    options = ["--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s"]
    command = ["wrk", *options, f"--script={_SCRIPT}", url, "--", str(requests)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Answers(**json.loads(output.splitlines()[-1]))
