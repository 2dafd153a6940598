"""A container engine of the tests' own, and bases made of Debian's packages for its images.

No registry of images is needed: mmdebstrap installs Debian's packages into an image that is tagged
with the names that the Dockerfiles and the compose file begin with, so that they build unchanged.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.debian import debian_file
from tests.deploy.image import ROOT, instructions
from tests.folders import open_folder

REGISTRY = "docker.io/library/"
PYTHON = REGISTRY + dict(instructions(ROOT / "Dockerfile"))["FROM"]
DEBIAN = REGISTRY + dict(instructions(ROOT / "deploy/pgbouncer/Dockerfile"))["FROM"]
_PACKAGES = "ca-certificates,python3-venv,python3-pip,systemd,dbus"
_NO_DOCS = "--dpkgopt=path-exclude=/usr/share/doc/*"
_KEPT = Path("/var/cache/todo-api-tests")
_WHEELS = "/wheels"

# A sandbox may lack CAP_SYS_RESOURCE, so no limit is raised. Debian's crun refuses to run where
# both versions of control groups are mounted; runc doesn't.
_CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""

# What the official image of Python has and Debian doesn't: the name `python`, and a pip that
# installs. The wheels are mounted, as a container doesn't know how this machine gets at PyPI.
_PYTHON_FILE = f"""
FROM {DEBIAN}
RUN ln -s /usr/bin/python3 /usr/local/bin/python \\
    && rm /usr/lib/python3*/EXTERNALLY-MANAGED \\
    && printf '[global]\\nno-index = true\\nfind-links = {_WHEELS}\\n' > /etc/pip.conf
ENV LANG=C.UTF-8
"""


class Engine:
    """Podman with its images, containers and networks below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wheels = folder / "wheels"
        self.program = folder / "podman"
        """Podman as a program, for what starts it itself."""
        (folder / "containers.conf").write_text(_CONFIGURATION)
        places = [f"--{name}={folder / name}" for name in ("root", "runroot", "network-config-dir")]
        command = shlex.join([str(debian_file("podman")), *places])
        self.program.write_text(
            f"#!/bin/sh\nexport CONTAINERS_CONF={folder}/containers.conf BUILDAH_FORMAT=docker\n"
            f'exec {command} "$@"\n'
        )
        self.program.chmod(0o755)

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        """Run a command of Podman, which must end with that status; return its output."""
        done = self._run(*arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def _run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def options_of_builds(self) -> tuple[str, ...]:
        return ("--pull=never", f"--volume={self._wheels}:{_WHEELS}:ro")

    def build(self, tag: str, context: Path, *options: str) -> None:
        """Build an image from a folder's Dockerfile."""
        self("build", "--quiet", *self.options_of_builds, *options, f"--tag={tag}", context)

    def build_from(self, tag: str, dockerfile: str, **copied: Path) -> None:
        """Build an image from a text, whose context is those files and folders."""
        with open_folder() as context:
            (context / "Dockerfile").write_text(dockerfile)
            for name, source in copied.items():
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, context / name)
            self.build(tag, context)

    def make_bases(self) -> None:
        """Make the images that all others begin with."""
        self("import", "--quiet", _base(), DEBIAN)
        self._wheels.mkdir()
        locks = [f"--requirement={ROOT}/deploy/{name}.lock" for name in ("build", "requirements")]
        pip = [sys.executable, "-m", "pip", "--python", str(debian_file("python3")), "download"]
        options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:")
        subprocess.run([*pip, *options, *locks, f"--dest={self._wheels}"], check=True)
        self.build_from(PYTHON, _PYTHON_FILE)

    def run(self, name: str, *arguments: str) -> None:
        """Start a container in the background."""
        self("run", "--detach", f"--name={name}", *arguments)

    def state(self, container: str) -> dict[str, Any]:
        """Return what Podman knows of a container."""
        [inspected] = json.loads(self("inspect", container))
        known: dict[str, Any] = inspected
        return known

    def is_healthy(self, container: str) -> bool:
        """Run the health check of its image once, which no systemd does here."""
        return self._run("healthcheck", "run", container).returncode == 0

    def log(self, container: str) -> str:
        """Return all that a container has written."""
        done = self._run("logs", container)
        return done.stdout + done.stderr

    def remove(self, *containers: str) -> None:
        self("rm", "--force", "--time=0", "--volumes", "--ignore", *containers)

    def end(self) -> None:
        """Leave no container, no network and no mount."""
        self("rm", "--all", "--force", "--time=0", "--volumes")
        self("network", "prune", "--force")
        with suppress(subprocess.CalledProcessError):  # Podman mounts it on itself, or doesn't
            mount = self._folder / "root/overlay"
            subprocess.run(["umount", mount], check=True, capture_output=True)


def _base() -> Path:
    """Return an archive of Debian's packages, which is made once on a machine, as it takes minutes.

    They come from Debian's mirrors, as those do that the tests install.
    """
    release = PYTHON.rpartition("-")[2]
    base = _KEPT / f"debian-{release}.tar"
    if not base.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = base.with_name(f"unfinished-{os.getpid()}.tar")
        options = ("--quiet", "--variant=minbase", f"--include={_PACKAGES}", _NO_DOCS)
        subprocess.run([debian_file("mmdebstrap"), *options, release, unfinished], check=True)
        unfinished.rename(base)
    return base


@contextmanager
def running() -> Iterator[Engine]:
    """Set an engine up, with its bases; it needs root, and a machine that allows namespaces."""
    if os.geteuid() != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("containers need root here")
    with open_folder("todo-api-engine-") as folder:
        engine = Engine(folder)
        try:
            engine.make_bases()
            yield engine
        finally:
            engine.end()
