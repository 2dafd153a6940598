"""The Dockerfile, its steps carried out without a container engine, in a folder of their own.

The folder stands for the image's root, and Debian's Python for that of the base image, which is
made of Debian, too: unlike the one that runs the tests, every user can read it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from tests.debian import debian_file

ROOT = Path(__file__).parents[2]
_OURS = re.compile(r"(?<![\w.])/(?=(opt|build)\b)")
"""Where an absolute path begins that the Dockerfile makes, and the base image doesn't have."""


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each, its lines joined."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line:
            name, value = line.split(maxsplit=1)
            yield name, value


@dataclass
class Image:
    """What the Dockerfile makes of an empty folder, whose path holds no space."""

    root: Path
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        """Carry out each step; one that this class does not know is an error."""
        self._provide_python()
        for name, value in instructions(ROOT / "Dockerfile"):
            match name:
                case "FROM":
                    self._start()
                case "WORKDIR":
                    self.directory = value
                    self.at(value).mkdir(parents=True)
                case "COPY":
                    self._copy(*value.split())
                case "RUN":
                    self.run(value)
                case "ENV":
                    self._set(value)
                case "USER" | "EXPOSE" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
                    self.settings[name] = value
                case _:
                    raise NotImplementedError(name)

    def at(self, path: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / path.lstrip("/")

    def run(self, command: str) -> None:
        """Run a command of the shell as a step of the build does."""
        subprocess.run(
            ["/bin/sh", "-ec", self._moved(command)],
            cwd=self.at(self.directory),
            env=os.environ | self.environment | {"PIP_QUIET": "1"},
            check=True,
        )

    def command(self, name: str) -> list[str]:
        """Return the words of an ENTRYPOINT, a CMD or a HEALTHCHECK, which have the exec form."""
        words: list[str] = json.loads(re.sub(r"^[^\[]*", "", self.settings[name]))
        return words

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command as the image's user, who may write to no file at all.

        Its working directory is the image's root; its environment holds the image's variables
        and these. As nobody but root can change the user, others run it as themselves.
        """
        user, group = map(int, self.settings["USER"].split(":"))
        limited = ["/bin/sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", *command]
        root = os.geteuid() == 0
        return subprocess.Popen(
            limited,
            cwd=self.root,
            env=self.environment | {"HOME": "/", "LANG": "C.UTF-8"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=user if root else None,
            group=group if root else None,
            extra_groups=[] if root else None,
        )

    def _provide_python(self) -> None:
        """Give the base image's `python`, and a `pip` that installs for it."""
        python = debian_file("python3")
        base = self.root / "usr"
        subprocess.run([python, "-m", "venv", "--without-pip", base], check=True)
        pip = base / "bin/pip"
        pip.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip --python "{base}" "$@"\n')
        pip.chmod(0o755)

    def _start(self) -> None:
        self.directory = "/"
        self.settings = {}
        self.environment = {"PATH": f"{self.root}/usr/bin:/usr/bin:/bin"}

    def _copy(self, *words: str) -> None:
        *sources, target = words
        if sources[0].startswith("--from="):
            assert sources[1:] == [target], "the folder is there already, as stages share one root"
            return
        for source in sources:
            self._copy_into(ROOT / source, self.at(self.directory) / target)

    def _copy_into(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    def _set(self, value: str) -> None:
        for pair in value.split():
            name, _, text = pair.partition("=")
            self.environment[name] = self._moved(Template(text).substitute(self.environment))

    def _moved(self, text: str) -> str:
        return _OURS.sub(f"{self.root}/", text)
