"""The environment variables, each with its default, an example and a line of explanation."""

from pathlib import Path

from pydantic import Field, FilePath
from pydantic_settings import BaseSettings, SettingsConfigDict

from todo_api.settings.files import SecretFile
from todo_api.settings.types import (
    BetterAuthUrl,
    FieldNames,
    HttpUrl,
    Origins,
    PostgresUrl,
    RateLimit,
    RedisUrl,
    SigningSecret,
)
from todo_api.telemetry.log_output import Format, Level


class Variables(BaseSettings):
    """The valid values of each variable; `Settings` checks how they fit together."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    database_url: PostgresUrl | None = Field(
        None,
        examples=["postgresql://user:password@host/database"],
        description="PostgreSQL 14 or newer; without it, the embedded one",
    )
    database_url_file: SecretFile | None = Field(
        None,
        examples=["/run/secrets/database_url"],
        description="a file that holds DATABASE_URL, in place of it",
    )
    database_direct: bool = Field(
        False,
        examples=["true"],
        description="true only without a pooler: use server-side prepared statements",
    )
    data_dir: Path = Field(
        Path(".data"),
        examples=["/var/lib/todo-api"],
        description="folder of the embedded PostgreSQL and the development secret",
    )
    better_auth_url: BetterAuthUrl | None = Field(
        None,
        examples=["https://auth.example.com"],
        description="the Better Auth server, as it has this itself: its keys, issuer and audience",
    )
    jwt_jwks_url: HttpUrl | None = Field(
        None,
        examples=["https://auth.example.com/jwks"],
        description="keys (JWKS) of any other identity provider",
    )
    jwt_issuer: str | None = Field(
        None,
        examples=["https://auth.example.com"],
        description="the iss that tokens must have, to the letter",
    )
    jwt_audience: str | None = Field(
        None,
        examples=["https://api.example.com"],
        description="the aud that tokens must have, to the letter",
    )
    jwt_secret_key: SigningSecret | None = Field(
        None,
        examples=["$(openssl rand -hex 32)"],
        description="instead of a JWKS: a shared secret (HS256) of at least 32 bytes",
    )
    jwt_secret_key_file: SecretFile | None = Field(
        None,
        examples=["/run/secrets/jwt_secret_key"],
        description="a file that holds JWT_SECRET_KEY, in place of it",
    )
    jwks_refresh_interval: float = Field(
        300.0,
        gt=0,
        le=86_400,
        examples=["300"],
        description="seconds between JWKS refreshes; a revoked key works for at most this long",
    )
    jwks_cool_down: float = Field(
        10.0,
        gt=0,
        le=3600,
        examples=["10"],
        description="minimum seconds between fetches triggered by unknown key ids",
    )
    cors_origins: Origins = Field(
        ("http://localhost:3000",),
        examples=["https://app.example.com,https://www.example.com"],
        description="origins of web pages and packaged apps, separated by commas; * for any",
    )
    cors_headers: FieldNames = Field(
        (),
        examples=["baggage,sentry-trace,X-Requested-With"],
        description="additional request headers that those pages may send",
    )
    host: str = Field(
        "127.0.0.1",
        examples=["0.0.0.0"],  # noqa: S104 (an example)
        description="address to listen on",
    )
    port: int = Field(8000, ge=1, le=65535, examples=["8000"], description="port to listen on")
    tls_cert: FilePath | None = Field(
        None,
        examples=["/etc/ssl/todo-api.pem"],
        description="PEM certificate, for HTTPS (TLS 1.2 or newer) by the service itself",
    )
    tls_key: FilePath | None = Field(
        None,
        examples=["/etc/ssl/private/todo-api.key"],
        description="private key of TLS_CERT, without a password",
    )
    forwarded_allow_ips: str | None = Field(
        None,
        examples=["10.0.0.1"],
        description="trusted proxies: addresses whose X-Forwarded-* headers are believed",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        examples=["0.0.0.0"],  # noqa: S104 (an example)
        description="address of /metrics for Prometheus",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        examples=["9464"],
        description="port of /metrics for Prometheus, such as 9464; off without it",
    )
    rate_limit: RateLimit | None = Field(
        None,
        examples=["100/second"],
        description="requests of each user and each unverified address: N/second, N/minute, N/hour",
    )
    rate_limit_redis_url: RedisUrl | None = Field(
        None,
        examples=["redis://:password@host:6379/0"],
        description="redis:// or rediss:// URL, for one count over all processes",
    )
    rate_limit_redis_url_file: SecretFile | None = Field(
        None,
        examples=["/run/secrets/redis_url"],
        description="a file that holds RATE_LIMIT_REDIS_URL, in place of it",
    )
    workers: int = Field(1, ge=1, le=1000, examples=["2"], description="processes")
    db_pool_size: int = Field(
        16, ge=1, le=1000, examples=["16"], description="database connections of each process"
    )
    request_timeout: float = Field(
        10.0,
        gt=0,
        le=3600,
        examples=["10"],
        description="seconds for the head, for the body, and for the database's answer",
    )
    shutdown_drain: float = Field(
        0.0,
        ge=0,
        le=3600,
        examples=["5"],
        description="seconds to keep serving after SIGTERM while /ready returns 503",
    )
    log_format: Format = Field(
        "auto",
        examples=["json"],
        description="json, text, or auto: text on a terminal and JSON elsewhere",
    )
    log_level: Level = Field(
        "info",
        examples=["warning"],
        description="debug, info, warning (no line for each request) or error",
    )
    log_client: bool = Field(
        True, examples=["false"], description="false: no client's address in the log"
    )
    log_slow_statements: float = Field(
        1000.0,
        ge=0,
        le=3_600_000,
        examples=["1000"],
        description="milliseconds after which a statement is logged by its name; 0: none is",
    )
    otel_exporter_otlp_endpoint: HttpUrl | None = Field(
        None,
        examples=["http://localhost:4318"],
        description="OpenTelemetry collector; traces are off without it",
    )
    otel_exporter_otlp_traces_endpoint: HttpUrl | None = Field(
        None,
        examples=["http://localhost:4318/v1/traces"],
        description="the same for traces only, with its whole path",
    )
    otel_sdk_disabled: bool = Field(
        False, examples=["true"], description="true: no traces, whatever the endpoints say"
    )
    # The SDK reads these itself, but does not say which variable it refuses.
    otel_bsp_schedule_delay: int = Field(
        5000, ge=1, examples=["5000"], description="span batching: delay in milliseconds"
    )
    otel_bsp_max_queue_size: int = Field(
        2048, ge=1, examples=["2048"], description="span batching: queue size"
    )
    otel_bsp_max_export_batch_size: int = Field(
        512, ge=1, examples=["512"], description="span batching: batch size"
    )
