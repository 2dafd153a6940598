"""The settings: how a mistake is told."""

import pytest

from tests.settings.conftest import AUTH, DATABASE, REDIS, SECRET, load
from todo_api.settings.settings import Settings, SettingsError


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **variables)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


MISTAKES = [
    ("DATABASE_URL", "sqlite:///hunter2.db"),
    ("DATABASE_URL", "mysql://todo:hunter2@db.example.com/todo"),
    ("DATABASE_URL", "postgresql:hunter2"),
    ("DATABASE_URL", "postgresql://todo:hunter2%zz@db.example.com/todo"),
    ("DATABASE_URL", "postgresql://db.example.com/todo?schema=hunter2"),
    ("DATABASE_URL", "postgresql://todo:pass/word?hunter2=1@db.example.com/todo"),
    ("DATABASE_URL", "postgresql://todo:pass/word?a=1&hunter2=1@db.example.com/todo?schema=a"),
    ("DATABASE_URL", "postgresql://todo:pass?hunter2=1"),
    ("DATABASE_URL", "postgresql://db.example.com/todo?password=pass&hunter2=1"),
    ("DATABASE_URL", "postgresql://db.example.com/todo?sslmode=%zzhunter2"),
    ("BETTER_AUTH_URL", "auth.example.com"),
    ("BETTER_AUTH_URL", "ftp://hunter2@auth.example.com"),
    ("BETTER_AUTH_URL", "https://"),
    ("BETTER_AUTH_URL", "https://[hunter2"),
    ("BETTER_AUTH_URL", "https://ada:hunter2@auth.example.com"),
    ("BETTER_AUTH_URL", "https://auth.example.com/?key=hunter2"),
    ("BETTER_AUTH_URL", "https://auth.example.com/#hunter2"),
    ("BETTER_AUTH_URL", "https://auth example.com"),
    ("BETTER_AUTH_URL", "https://auth.example.com:hunter2"),
    ("JWT_JWKS_URL", "/api/auth/jwks"),
    ("JWT_SECRET_KEY", "hunter2"),
    ("JWT_SECRET_KEY", "hunter2" + "x" * 24),
    ("JWKS_REFRESH_INTERVAL", "0"),
    ("JWKS_REFRESH_INTERVAL", "inf"),
    ("JWKS_COOL_DOWN", "0"),
    ("JWKS_COOL_DOWN", "nan"),
    ("CORS_ORIGINS", "app.example.com"),
    ("CORS_ORIGINS", f"{AUTH},"),
    ("CORS_ORIGINS", "https://todo:hunter2@app.example.com"),
    ("CORS_HEADERS", "baggage,"),
    ("CORS_HEADERS", "X-Requested-With: hunter2"),
    ("CORS_HEADERS", "baggage sentry-trace"),
    ("CORS_HEADERS", "Überschrift"),
    ("CORS_HEADERS", "*"),
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
    ("RATE_LIMIT_REDIS_URL", "redis://localhost/0?retry=hunter2"),
    ("RATE_LIMIT_REDIS_URL", "rediss://localhost/0?ssl_cert_reqs=hunter2"),
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
    ("LOG_LEVEL", "hunter2"),
    ("LOG_LEVEL", "INFO"),
    ("LOG_CLIENT", "hunter2"),
    ("LOG_SLOW_STATEMENTS", "-1"),
    ("LOG_SLOW_STATEMENTS", "1s"),
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


FOREIGN = {
    "Prisma": (
        "pgbouncer=true&connection_limit=1&schema=public",
        "pgbouncer, connection_limit, schema",
    ),
    "between others": ("sslmode=require&pool_timeout=5&application_name=todo", "pool_timeout"),
    "JDBC": ("currentSchema=todo&prepareThreshold=0", "currentSchema, prepareThreshold"),
    "pgx": ("pool_max_conns=10", "pool_max_conns"),
}


@pytest.mark.parametrize(("query", "named"), FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(
    "url",
    [
        DATABASE,
        "postgresql://todo:a%40b?hunter2@db.example.com/todo",
        "postgresql://[::1]:5432,db.example.com:5433,/todo",
        "postgresql:///todo",
    ],
)
def test_parameters_that_are_not_libpqs_are_named(
    monkeypatch: pytest.MonkeyPatch, url: str, query: str, named: str
) -> None:
    message = refusal(monkeypatch, DATABASE_URL=f"{url}?{query}")

    assert message.startswith(f"DATABASE_URL: must be without {named}: libpq has no such parameter")
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


def test_a_limit_without_its_time_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, RATE_LIMIT="100")

    assert message.startswith("RATE_LIMIT: must be a number of requests per second, minute, hour,")


def test_a_redis_without_its_client_is_told_how_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("todo_api.settings.types.find_spec", lambda _: None)
    message = refusal(monkeypatch, RATE_LIMIT="9/second", RATE_LIMIT_REDIS_URL=REDIS)

    assert message.startswith("RATE_LIMIT_REDIS_URL: ")
    assert "pip install 'todo-api[redis]'" in message
    assert "hunter2" not in message
