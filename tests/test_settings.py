"""The settings: what each variable means, and how a mistake is told."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from todo_api.rate import Rate
from todo_api.settings import Settings, SettingsError, load_settings

SECRET = "a secret of thirty-two characters"
AUTH = "https://auth.example.com"
REDIS = "rediss://todo:hunter2@redis.example.com:6379/0"
DATABASE = "postgresql://todo:hunter2@db.example.com:5432/todo"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **variables)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()

    assert settings.model_dump() == {
        "database_url": None,
        "database_direct": False,
        "data_dir": Path(".data"),
        "better_auth_url": None,
        "jwt_jwks_url": None,
        "jwt_issuer": None,
        "jwt_audience": None,
        "jwt_secret_key": None,
        "jwks_refresh_interval": 300.0,
        "jwks_cool_down": 10.0,
        "cors_origins": ("http://localhost:3000",),
        "host": "127.0.0.1",
        "port": 8000,
        "tls_cert": None,
        "tls_key": None,
        "forwarded_allow_ips": None,
        "metrics_host": "127.0.0.1",
        "metrics_port": None,
        "rate_limit": None,
        "rate_limit_redis_url": None,
        "workers": 1,
        "db_pool_size": 16,
        "request_timeout": 10.0,
        "shutdown_drain": 0.0,
        "log_format": "auto",
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

    assert Settings.model_fields.keys() - {name.lower() for name in VALUES} == others


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


def test_the_keys_of_better_auth_are_found_below_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, BETTER_AUTH_URL=f"{AUTH}/")

    assert settings.jwks_url == f"{AUTH}/api/auth/jwks"
    assert (settings.issuer, settings.audience) == (f"{AUTH}/", f"{AUTH}/")
    assert not settings.development


def test_what_better_auth_implies_can_be_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"JWT_JWKS_URL": f"{AUTH}/jwks", "JWT_ISSUER": "issuer", "JWT_AUDIENCE": "audience"}
    settings = load(monkeypatch, BETTER_AUTH_URL=AUTH, **others)

    assert settings.jwks_url == f"{AUTH}/jwks"
    assert (settings.issuer, settings.audience) == ("issuer", "audience")


MISTAKES = [
    ("DATABASE_URL", "sqlite:///hunter2.db"),
    ("DATABASE_URL", "mysql://todo:hunter2@db.example.com/todo"),
    ("DATABASE_URL", "postgresql:hunter2"),
    ("DATABASE_URL", "postgresql://todo:hunter2%zz@db.example.com/todo"),
    ("DATABASE_URL", "postgresql://db.example.com/todo?hunter2=1"),
    ("BETTER_AUTH_URL", "auth.example.com"),
    ("BETTER_AUTH_URL", "ftp://hunter2@auth.example.com"),
    ("BETTER_AUTH_URL", "https://"),
    ("BETTER_AUTH_URL", "https://[hunter2"),
    ("JWT_JWKS_URL", "/api/auth/jwks"),
    ("JWT_SECRET_KEY", "hunter2"),
    ("JWT_SECRET_KEY", "hunter2" + "x" * 24),
    ("JWKS_REFRESH_INTERVAL", "0"),
    ("JWKS_REFRESH_INTERVAL", "inf"),
    ("JWKS_COOL_DOWN", "0"),
    ("JWKS_COOL_DOWN", "nan"),
    ("CORS_ORIGINS", "app.example.com"),
    ("CORS_ORIGINS", f"{AUTH},"),
    ("CORS_ORIGINS", f"{AUTH}/path"),
    ("CORS_ORIGINS", "null"),
    ("PORT", "http"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("TLS_CERT", "/no/such/hunter2.pem"),
    ("TLS_KEY", "/"),
    ("RATE_LIMIT", "100"),
    ("RATE_LIMIT", "0/second"),
    ("RATE_LIMIT", "-1/second"),
    ("RATE_LIMIT", "1.5/second"),
    ("RATE_LIMIT", "1000000000/second"),
    ("RATE_LIMIT", "100/day"),
    ("RATE_LIMIT", "100 / second"),
    ("RATE_LIMIT", "100/second;5000/hour"),
    ("RATE_LIMIT_REDIS_URL", "localhost:6379/hunter2"),
    ("RATE_LIMIT_REDIS_URL", "http://hunter2@localhost"),
    ("RATE_LIMIT_REDIS_URL", "redis://user:hunter2/0"),
    ("RATE_LIMIT_REDIS_URL", "redis://[hunter2"),
    ("RATE_LIMIT_REDIS_URL", "redis://localhost/0?hunter2=1"),
    ("WORKERS", "0"),
    ("WORKERS", "1.5"),
    ("DB_POOL_SIZE", "0"),
    ("DB_POOL_SIZE", "many"),
    ("REQUEST_TIMEOUT", "0"),
    ("REQUEST_TIMEOUT", "-1"),
    ("REQUEST_TIMEOUT", "nan"),
    ("REQUEST_TIMEOUT", "inf"),
    ("REQUEST_TIMEOUT", "ten"),
    ("LOG_FORMAT", "xml"),
    ("LOG_FORMAT", "JSON"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "hunter2:4317"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "hunter2:4318/v1/traces"),
    ("OTEL_SDK_DISABLED", "hunter2"),
    ("OTEL_BSP_SCHEDULE_DELAY", "0"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "hunter2"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"),
]


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_mistake_is_one_line_with_its_variable_and_what_is_right(
    monkeypatch: pytest.MonkeyPatch, name: str, mistake: str
) -> None:
    message = refusal(monkeypatch, **{name: mistake})

    assert "\n" not in message
    assert message.startswith(f"{name}: ")
    assert f", for example {name}=" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_variable_has_an_example(name: str) -> None:
    assert Settings.model_fields[name].examples


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, PORT="http", WORKERS="0", JWT_SECRET_KEY="hunter2")

    assert {line.partition(":")[0] for line in message.splitlines()} == {
        "PORT",
        "WORKERS",
        "JWT_SECRET_KEY",
    }


RIVALS = [
    ({"JWT_SECRET_KEY": SECRET, "BETTER_AUTH_URL": AUTH}, ["JWT_SECRET_KEY", "BETTER_AUTH_URL"]),
    ({"JWT_SECRET_KEY": SECRET, "JWT_JWKS_URL": AUTH}, ["JWT_SECRET_KEY", "JWT_JWKS_URL"]),
    ({"JWT_JWKS_URL": AUTH}, ["JWT_ISSUER=", "JWT_AUDIENCE="]),
    ({"JWT_JWKS_URL": AUTH, "JWT_ISSUER": AUTH}, ["JWT_AUDIENCE="]),
    ({"TLS_CERT": __file__}, ["TLS_CERT", "TLS_KEY="]),
    ({"TLS_KEY": __file__}, ["TLS_KEY", "TLS_CERT="]),
    ({"PORT": "9464", "METRICS_PORT": "9464"}, ["PORT=8000", "METRICS_PORT=9464"]),
    ({"METRICS_PORT": "8000", "HOST": "0.0.0.0"}, ["PORT=8000", "METRICS_PORT=9464"]),
    ({"METRICS_PORT": "8000", "METRICS_HOST": "::"}, ["PORT=8000", "METRICS_PORT=9464"]),
    ({"RATE_LIMIT_REDIS_URL": REDIS}, ["RATE_LIMIT_REDIS_URL", "RATE_LIMIT="]),
    (
        {"RATE_LIMIT": "9/second", "WORKERS": "2"},
        ["RATE_LIMIT", "WORKERS", "RATE_LIMIT_REDIS_URL="],
    ),
    (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": AUTH, "OTEL_BSP_MAX_QUEUE_SIZE": "100"},
        ["OTEL_BSP_MAX_QUEUE_SIZE=", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE="],
    ),
    ({"DATABASE_URL": DATABASE}, ["DATABASE_URL", "BETTER_AUTH_URL=", "JWT_SECRET_KEY"]),
]


@pytest.mark.parametrize(("variables", "named"), RIVALS)
def test_variables_that_do_not_go_together_are_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: list[str]
) -> None:
    message = refusal(monkeypatch, **variables)

    assert all(name in message for name in named)
    assert "for example" in message
    assert "hunter2" not in message
    assert SECRET not in message


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


def test_a_limit_without_its_time_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, RATE_LIMIT="100")

    assert message.startswith("RATE_LIMIT: must be a number of requests per second, minute, hour,")


def test_a_redis_without_its_client_is_told_how_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("todo_api.setting_types.find_spec", lambda _: None)
    message = refusal(monkeypatch, RATE_LIMIT="9/second", RATE_LIMIT_REDIS_URL=REDIS)

    assert message.startswith("RATE_LIMIT_REDIS_URL: ")
    assert "pip install 'todo-api[redis]'" in message
    assert "hunter2" not in message


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 9000  # type: ignore[misc]


def test_only_the_embedded_database_is_known_to_be_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"DATABASE_URL": "postgresql://localhost/todo", "JWT_SECRET_KEY": SECRET}

    assert load(monkeypatch).direct
    assert not load(monkeypatch, **named).direct
    assert load(monkeypatch, DATABASE_DIRECT="true", **named).direct
