"""What the images and manifests say, checked as far as it can be without an engine or a cluster."""

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.image import ROOT, instructions
from todo_api.settings.settings import Settings

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
COMPOSE_FILE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
COMPOSE = COMPOSE_FILE["services"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
VARIABLES = {name.upper() for name in Settings.model_fields}
PROGRAMS = Path(sys.executable).parent
_GRACE = 5 + 2 * Settings.model_fields["request_timeout"].default
"""The seconds that `serve` takes at most to end."""
_TRACES = 2
"""And those that it waits for what it sends its spans to."""


def manifest(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((KUBERNETES / name).read_text())
    return loaded


def pod(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the specification of a manifest's pods, and that of their only container."""
    spec = manifest(name)["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return spec, container


def variables() -> dict[str, str]:
    """The variables that every replica has in common."""
    return {each["name"]: each["value"] for each in pod("deployment.yaml")[1]["env"]}


def stages() -> Iterator[list[tuple[str, str]]]:
    """Yield the instructions of each of the Dockerfile's stages."""
    every = list(instructions(ROOT / "Dockerfile"))
    starts = [number for number, (name, _) in enumerate(every) if name == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(every)], strict=True):
        yield every[start:end]


def check(program: str, *arguments: str | Path) -> None:
    command = [PROGRAMS / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "deploy/pgbouncer/Dockerfile"])
def test_a_dockerfile_passes_hadolint(dockerfile: str) -> None:
    check("hadolint", ROOT / dockerfile)


def test_the_compose_file_keeps_its_specification() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


@pytest.mark.parametrize("path", sorted(KUBERNETES.iterdir()), ids=lambda path: path.name)
def test_a_manifest_keeps_the_schemas_of_kubernetes(path: Path) -> None:
    check("kubernetes-validate", "--strict", "--kubernetes-version", "1.37", path)


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "deploy/pgbouncer/Dockerfile"])
def test_an_image_is_nobodys_by_number_and_its_process_gets_the_signals(dockerfile: str) -> None:
    last = dict(instructions(ROOT / dockerfile))

    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", last["USER"])
    assert last["ENTRYPOINT"].startswith("[")
    assert last.get("CMD", "[").startswith("[")


def test_each_base_is_pinned_and_what_serves_is_what_built() -> None:
    build, serve = (stage[0][1] for stage in stages())

    assert build == f"{serve} AS build"
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", serve)


def test_all_that_is_copied_is_let_through_and_nothing_else() -> None:
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for stage in stages()
        for name, value in stage
        if name == "COPY" and not value.startswith("--from=")
        for source in shlex.split(value)[:-1]
    }

    assert kept == copied
    assert all((ROOT / path).exists() for path in kept)


def test_the_manifests_name_this_version() -> None:
    images = [pod(name)[1]["image"] for name in ("deployment.yaml", "migration.yaml")]

    assert {image.partition(":")[2] for image in images} == {VERSION}
    assert len(set(images)) == 1
    assert manifest("migration.yaml")["metadata"]["name"].endswith(VERSION.replace(".", "-"))
    assert COMPOSE["api"]["image"] == COMPOSE["migrate"]["image"] == f"todo-api:{VERSION}"


def test_every_variable_is_one_of_the_services_settings() -> None:
    named = {*manifest("secret.yaml.example")["stringData"], *variables()}
    named |= manifest("settings.yaml.example")["data"].keys()
    for service in ("api", "migrate"):
        named |= COMPOSE[service]["environment"].keys()
    _, serve = stages()
    values = dict(serve)["ENV"].split()
    named |= {value.partition("=")[0] for value in values} - {"PATH", "SSL_CERT_FILE"}

    assert named <= VARIABLES


def test_no_secret_stands_in_a_manifest() -> None:
    assert (
        manifest("secret.yaml.example")["stringData"]["DATABASE_URL"]
        .split(":")[2]
        .startswith("PASSWORD@")
    )
    for service in COMPOSE.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name or "URL" in name:
                assert "${" in value or value.startswith("/run/secrets/")


@pytest.mark.parametrize("name", ["deployment.yaml", "migration.yaml"])
def test_a_pod_may_do_nothing_that_it_need_not(name: str) -> None:
    spec, container = pod(name)

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_rollout_takes_no_replica_away_before_another_is_ready() -> None:
    deployment, (_, container) = manifest("deployment.yaml")["spec"], pod("deployment.yaml")

    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health", "port": "http"}


def test_each_part_selects_the_pods_of_the_deployment() -> None:
    labels = manifest("deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    [policy] = manifest("network-policy.yaml")["spec"]["podSelector"]["matchExpressions"]

    assert manifest("deployment.yaml")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("service.yaml")["spec"]["selector"] == labels
    assert manifest("disruption-budget.yaml")["spec"]["selector"]["matchLabels"] == labels
    for name in ("deployment.yaml", "migration.yaml"):
        labels = manifest(name)["spec"]["template"]["metadata"]["labels"]
        assert labels[policy["key"]] in policy["values"]


def test_the_port_is_the_same_everywhere() -> None:
    _, serve = stages()
    _, container = pod("deployment.yaml")
    port, metrics = container["ports"]

    assert dict(serve)["EXPOSE"] == str(port["containerPort"])
    assert f"PORT={port['containerPort']}" in dict(serve)["ENV"].split()
    assert COMPOSE["api"]["ports"] == [f"127.0.0.1:8000:{port['containerPort']}"]
    assert manifest("service.yaml")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert variables()["METRICS_PORT"] == str(metrics["containerPort"])


def test_only_prometheus_reaches_the_metrics() -> None:
    anyone, prometheus = manifest("network-policy.yaml")["spec"]["ingress"]
    _, container = pod("deployment.yaml")
    [public] = manifest("service.yaml")["spec"]["ports"]

    assert anyone == {"ports": [{"port": "http"}]}
    assert public["targetPort"] == "http"
    assert prometheus["ports"] == [{"port": container["ports"][1]["name"]}]
    assert prometheus["from"]
    assert variables()["METRICS_HOST"] == "0.0.0.0"


def test_the_pods_reach_all_that_a_setting_may_name() -> None:
    [egress] = manifest("network-policy.yaml")["spec"]["egress"]

    assert {port["port"] for port in egress["ports"]} == {
        53,
        443,  # BETTER_AUTH_URL
        4318,  # OTEL_EXPORTER_OTLP_ENDPOINT
        5432,  # DATABASE_URL, or
        6432,  # its pooler
        6379,  # RATE_LIMIT_REDIS_URL
    }


def test_a_stop_leaves_the_time_that_requests_may_take() -> None:
    spec, container = pod("deployment.yaml")
    drain = float(variables()["SHUTDOWN_DRAIN"])

    assert drain > 0
    assert "lifecycle" not in container  # a pause before SIGTERM would only come on top
    assert spec["terminationGracePeriodSeconds"] >= drain + _GRACE
    assert int(COMPOSE["api"]["stop_grace_period"].removesuffix("s")) >= drain + _GRACE + _TRACES


def test_compose_migrates_before_it_serves_and_serves_behind_the_pooler() -> None:
    before = COMPOSE["api"]["depends_on"]

    assert before["migrate"] == {"condition": "service_completed_successfully"}
    assert COMPOSE["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert COMPOSE["migrate"]["command"] == pod("migration.yaml")[1]["args"] == ["migrate"]
    assert "listen_port = 6432" in (DEPLOY / "pgbouncer/pgbouncer.ini").read_text()


@pytest.mark.parametrize("service", ["api", "migrate"])
def test_all_other_settings_reach_compose_by_a_file_that_is_no_ones_but_the_machines(
    service: str,
) -> None:
    [file] = COMPOSE[service]["env_file"]
    path = f"deploy/{file['path']}"
    ignored = (ROOT / ".gitignore").read_text().splitlines()

    assert file["required"] is False
    assert any(fnmatch(path, pattern) for pattern in ignored)
    assert f"`{path}`" in (ROOT / "docs/deploy/shipping.md").read_text()


def test_the_images_of_compose_may_write_to_nothing_but_temporary_files() -> None:
    for service in ("api", "migrate"):
        assert COMPOSE[service]["read_only"] is True
        assert COMPOSE[service]["tmpfs"] == ["/tmp"]
        assert COMPOSE[service]["cap_drop"] == ["ALL"]
