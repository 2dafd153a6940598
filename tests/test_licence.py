"""What the service is made of may be used by a service under the MIT licence."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, distribution, distributions, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LICENCES = {
    "Apache-2.0",
    "Apache Software License",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "3-Clause BSD License",
    "MIT",
    "MIT-0",
    "MIT License",
    "MPL-2.0",  # changes to its own files are shared
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
    # Of psycopg2: imported as it is, which the LGPL lets any program do.
    "GNU Library or Lesser General Public License (LGPL)",
}


def installed() -> set[str]:
    """Return the packages that the service and its extras bring, all the way down."""
    waiting = {("todo-api", extra) for extra in ("", "embedded", "redis", "opentelemetry")}
    seen = set[tuple[str, str]]()
    while waiting:
        package = waiting.pop()
        seen.add(package)
        waiting |= {*_needed(*package)} - seen
    return {name for name, _ in seen if _is_installed(name)}


def _is_installed(name: str) -> bool:
    """Tell packages from those that are for another system or another Python."""
    return any(True for _ in distributions(name=name))


def _needed(name: str, extra: str) -> Iterator[tuple[str, str]]:
    requires = (distribution(name).requires if _is_installed(name) else None) or []
    for requirement in map(Requirement, requires):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            for wanted in {"", *requirement.extras}:
                yield canonicalize_name(requirement.name), wanted


def stated(about: PackageMetadata) -> set[str]:
    """Return the licences that a package states, in the first of three places that has any."""
    if "License-Expression" in about:
        return set(re.split(r" (?:AND|OR) ", re.sub("[()]", "", about["License-Expression"])))
    classifiers = about.get_all("Classifier") or []
    named = {line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License")}
    return named - {"OSI Approved"} or {*(about.get_all("License") or ["none"])}


def test_the_licence_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")
    assert project["license"] == "MIT"


def test_the_packages_are_more_than_those_that_are_named() -> None:
    assert {"starlette", "uvloop", "psycopg2-binary", "opentelemetry-sdk", "hiredis"} < installed()


@pytest.mark.parametrize("name", sorted(installed()))
def test_the_licence_of_a_package_lets_it_be_used(name: str) -> None:
    assert stated(metadata(name)) <= LICENCES
