"""The dashboard and the alerts, asked of Debian's Prometheus while it watches a live server."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.debian import debian_file
from tests.deploy.test_rules import ALERTS, DASHBOARD, DEPLOY, alerts, panels
from tests.identity.auth.tokens import ED_JWK, GOOD, USER
from tests.live.conftest import PATIENCE, free_port, serving, until
from tests.live.issuer import Issuer

RATE_INTERVAL = "1m"
"""What Grafana makes of `$__rate_interval` where a scrape comes every 15 seconds."""
AT_ONCE = 8  # requests, so that some of them wait for the only connection


class Prometheus:
    """One that watches the server at a port of `/metrics`, with the shipped configuration."""

    def __init__(self, api: httpx2.Client) -> None:
        self._api = api

    def is_ready(self) -> bool:
        try:
            return self._api.get("../../-/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        answer = self._api.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def values(self, expression: str) -> list[float]:
        """Return the values of an expression, without those that Grafana can't draw."""
        found = self.ask("query", query=expression)["result"]
        return [value for each in found if isfinite(value := float(each["value"][1]))]

    def is_watching(self) -> bool:
        """Tell whether it has scraped often enough for a rate."""
        return self.values("count_over_time(todo_api_workers[1m])") >= [3]


@contextmanager
def watching(folder: Path, metrics: int) -> Iterator[Prometheus]:
    configuration = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    [job] = configuration["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{metrics}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    (folder / "alerts.yml").write_text(ALERTS.read_text())
    port = free_port()
    options = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
    }
    program = debian_file("prometheus").with_name("prometheus")
    with (folder / "log").open("w") as log:
        given = (f"--{name}={value}" for name, value in options.items())
        process = subprocess.Popen([program, *given], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api/v1/"
    try:
        with httpx2.Client(base_url=url, timeout=PATIENCE) as api:
            prometheus = Prometheus(api)
            until(prometheus.is_ready)
            yield prometheus
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def prometheus(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus, while clients send what is right and what is wrong."""
    folder, metrics = tmp_path_factory.mktemp("prometheus"), free_port()
    issuer = Issuer(ED_JWK)
    settings = issuer.settings | {"METRICS_PORT": str(metrics), "DB_POOL_SIZE": "1"}
    with (
        serving(folder / "output", DATABASE_URL=database_url, **settings) as server,
        watching(folder, metrics) as prometheus,
        httpx2.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        until(lambda: load(client) and prometheus.is_watching())
        load(client)
        until(lambda: bool(prometheus.values("rate(todo_api_pool_waits_total[1m]) > 0")))
        yield prometheus
    issuer.go_down()


def load(client: httpx2.Client) -> bool:
    """Send requests at once; all are answered, some with problems."""
    headers = {"Authorization": f"Bearer {GOOD.decode()}"}
    paths = ("tasks", "tasks/1", "tasks?limit=none") * AT_ONCE
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sent = [
            threads.submit(client.get, f"/api/{USER}/{path}", headers=headers) for path in paths
        ]
        statuses = {future.result().status_code for future in sent}
    assert statuses == {200, 400, 404}
    return True


def targets() -> list[Any]:
    """Every query of the dashboard, as Grafana asks it, named for its panel."""
    return [
        pytest.param(
            target["expr"].replace("$__rate_interval", RATE_INTERVAL).replace("$job", "todo-api"),
            id=f"{panel['title']} {target['refId']}",
        )
        for panel in panels()
        for target in panel["targets"]
    ]


@pytest.mark.parametrize("query", targets())
def test_each_query_of_the_dashboard_has_something_to_draw(
    prometheus: Prometheus, query: str
) -> None:
    assert prometheus.values(query)


def test_the_dashboards_variable_finds_the_job(prometheus: Prometheus) -> None:
    assert "label_values(todo_api_workers, job)" in DASHBOARD.read_text()
    assert prometheus.ask("label/job/values", **{"match[]": "todo_api_workers"}) == ["todo-api"]


def test_every_alert_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]

    until(lambda: all(rule["health"] != "unknown" for rule in rules()))

    assert {rule["name"] for rule in rules() if rule["type"] == "alerting"} == set(alerts())
    assert {rule["health"] for rule in rules()} == {"ok"}
