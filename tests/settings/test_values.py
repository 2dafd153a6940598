"""The settings: what each variable means."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tests.settings.conftest import AUTH, DATABASE, REDIS, SECRET, load
from todo_api.limits.rate import Rate
from todo_api.settings.files import SECRETS
from todo_api.settings.settings import Settings, load_settings


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()

    assert settings.model_dump() == {
        "database_url": None,
        "database_url_file": None,
        "database_direct": False,
        "data_dir": Path(".data"),
        "better_auth_url": None,
        "jwt_jwks_url": None,
        "jwt_issuer": None,
        "jwt_audience": None,
        "jwt_secret_key": None,
        "jwt_secret_key_file": None,
        "jwks_refresh_interval": 300.0,
        "jwks_cool_down": 10.0,
        "cors_origins": ("http://localhost:3000",),
        "cors_headers": (),
        "host": "127.0.0.1",
        "port": 8000,
        "tls_cert": None,
        "tls_key": None,
        "forwarded_allow_ips": None,
        "metrics_host": "127.0.0.1",
        "metrics_port": None,
        "rate_limit": None,
        "rate_limit_redis_url": None,
        "rate_limit_redis_url_file": None,
        "workers": 1,
        "db_pool_size": 16,
        "request_timeout": 10.0,
        "shutdown_drain": 0.0,
        "log_format": "auto",
        "log_level": "info",
        "log_client": True,
        "log_slow_statements": 1000.0,
        "otel_exporter_otlp_endpoint": None,
        "otel_exporter_otlp_traces_endpoint": None,
        "otel_sdk_disabled": False,
        "otel_bsp_schedule_delay": 5000,
        "otel_bsp_max_queue_size": 2048,
        "otel_bsp_max_export_batch_size": 512,
    }
    assert settings.traces_endpoint is None
    assert (settings.jwks_url, settings.issuer, settings.audience) == (None, None, None)
    assert settings.development


VALUES: dict[str, tuple[str, Any]] = {
    "DATABASE_DIRECT": ("true", True),
    "DATA_DIR": ("/var/lib/todo-api", Path("/var/lib/todo-api")),
    "BETTER_AUTH_URL": (AUTH, AUTH),
    "JWT_ISSUER": ("an issuer", "an issuer"),
    "JWT_AUDIENCE": ("an audience", "an audience"),
    "JWT_SECRET_KEY": (SECRET, SecretStr(SECRET)),
    "JWKS_REFRESH_INTERVAL": ("60", 60.0),
    "JWKS_COOL_DOWN": ("0.5", 0.5),
    "CORS_ORIGINS": (f"{AUTH}, http://localhost:5173/", (AUTH, "http://localhost:5173")),
    "CORS_HEADERS": ("baggage, X-Requested-With", ("baggage", "X-Requested-With")),
    "HOST": ("::1", "::1"),
    "PORT": ("65535", 65535),
    "FORWARDED_ALLOW_IPS": ("10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2"),
    "METRICS_HOST": ("::1", "::1"),
    "METRICS_PORT": ("9464", 9464),
    "RATE_LIMIT": ("5000/hour", Rate(5000, 3600)),
    "WORKERS": ("4", 4),
    "DB_POOL_SIZE": ("1", 1),
    "REQUEST_TIMEOUT": ("2.5", 2.5),
    "SHUTDOWN_DRAIN": ("5", 5.0),
    "LOG_FORMAT": ("text", "text"),
    "LOG_LEVEL": ("warning", "warning"),
    "LOG_CLIENT": ("false", False),
    "LOG_SLOW_STATEMENTS": ("0.5", 0.5),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("http://localhost:4318", "http://localhost:4318"),
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ("http://localhost/spans", "http://localhost/spans"),
    "OTEL_SDK_DISABLED": ("true", True),
    "OTEL_BSP_SCHEDULE_DELAY": ("300", 300),
    "OTEL_BSP_MAX_QUEUE_SIZE": ("4096", 4096),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": ("64", 64),
}


@pytest.mark.parametrize(
    ("name", "text", "value"), [(name, *pair) for name, pair in VALUES.items()]
)
def test_every_variable_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any
) -> None:
    assert getattr(load(monkeypatch, **{name: text}), name.lower()) == value


def test_all_other_variables_are_those_that_need_another() -> None:
    others = {"database_url", "jwt_jwks_url", "tls_cert", "tls_key", "rate_limit_redis_url"}
    files = {f"{name}_file" for name in SECRETS}

    assert Settings.model_fields.keys() - {name.lower() for name in VALUES} == others | files


@pytest.mark.parametrize("name", VALUES)
def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert load(monkeypatch, **{name: ""}) == Settings()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_database_url_may_be_written_as_its_provider_does(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    url = f"{scheme}://{DATABASE.partition('://')[2]}?sslmode=require"
    settings = load(monkeypatch, DATABASE_URL=url, JWT_SECRET_KEY=SECRET)

    assert settings.database_url == SecretStr(f"{DATABASE}?sslmode=require")
    assert not settings.development


@pytest.mark.parametrize(
    ("url", "origin", "keys"),
    [
        (AUTH, AUTH, "/api/auth/jwks"),
        (f"{AUTH}/", AUTH, "/api/auth/jwks"),
        (f"{AUTH}//", AUTH, "/api/auth/jwks"),
        (f"{AUTH}/api/auth", AUTH, "/api/auth/jwks"),
        (f"{AUTH}/api/auth/", AUTH, "/api/auth/jwks"),
        (f"{AUTH}/auth/v2", AUTH, "/auth/v2/jwks"),
        (f"{AUTH}:443/", AUTH, "/api/auth/jwks"),
        ("http://LOCALHOST:3000", "http://localhost:3000", "/api/auth/jwks"),
        ("http://[::1]:3000/", "http://[::1]:3000", "/api/auth/jwks"),
        ("https://b\xfccher.example", "https://xn--bcher-kva.example", "/api/auth/jwks"),
    ],
)
def test_better_auth_signs_its_origin_and_has_its_keys_below_its_routes(
    monkeypatch: pytest.MonkeyPatch, url: str, origin: str, keys: str
) -> None:
    settings = load(monkeypatch, BETTER_AUTH_URL=url)

    assert settings.jwks_url == f"{origin}{keys}"
    assert (settings.issuer, settings.audience) == (origin, origin)
    assert not settings.development


def test_what_better_auth_implies_can_be_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"JWT_JWKS_URL": f"{AUTH}/jwks", "JWT_ISSUER": "issuer", "JWT_AUDIENCE": "audience"}
    settings = load(monkeypatch, BETTER_AUTH_URL=AUTH, **others)

    assert settings.jwks_url == f"{AUTH}/jwks"
    assert (settings.issuer, settings.audience) == ("issuer", "audience")


def test_one_port_may_be_used_on_two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, HOST="10.0.0.11", PORT="9464", METRICS_PORT="9464")

    assert settings.port == settings.metrics_port


@pytest.mark.parametrize("base", ["http://localhost:4318", "http://localhost:4318/"])
def test_spans_go_below_the_collectors_url(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    settings = load(monkeypatch, OTEL_EXPORTER_OTLP_ENDPOINT=base)

    assert settings.traces_endpoint == "http://localhost:4318/v1/traces"


def test_spans_go_where_it_is_said_of_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost/spans"}
    settings = load(monkeypatch, OTEL_EXPORTER_OTLP_ENDPOINT=AUTH, **there)

    assert settings.traces_endpoint == "http://localhost/spans"
    assert load(monkeypatch, OTEL_SDK_DISABLED="true").traces_endpoint is None


def test_settings_never_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, DATABASE_URL=DATABASE, JWT_SECRET_KEY=SECRET)

    limited = load(monkeypatch, RATE_LIMIT="9/second", RATE_LIMIT_REDIS_URL=REDIS, WORKERS="2")

    assert limited.rate_limit_redis_url == SecretStr(REDIS)
    assert "hunter2" not in repr(limited) + str(limited) + limited.model_dump_json()
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 9000  # type: ignore[misc]


def test_only_the_embedded_database_is_known_to_be_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"DATABASE_URL": "postgresql://localhost/todo", "JWT_SECRET_KEY": SECRET}

    assert load(monkeypatch).direct
    assert not load(monkeypatch, **named).direct
    assert load(monkeypatch, DATABASE_DIRECT="true", **named).direct
