"""The configuration: the environment, read once."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails

from todo_api.settings import better_auth
from todo_api.settings.files import is_in_file, with_secrets
from todo_api.settings.variables import Variables

_EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 (compared)
_EXPORTER = "opentelemetry-exporter-otlp-proto-http"


class SettingsError(Exception):
    """Missing or wrong variables; each line names one, with an example of a valid value."""


def _load(certificate: Path, key: Path) -> None:
    try:
        # OpenSSL would prompt for the key's password, and nobody answers a service's prompt.
        SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise ValueError(
            f"TLS_CERT and TLS_KEY can't be used ({error.strerror or error}): give a PEM "
            "certificate and its key without a password, such as TLS_CERT=/etc/ssl/todo-api.pem "
            "TLS_KEY=/etc/ssl/private/todo-api.key"
        ) from None


class Settings(Variables):
    """The service's settings; see docs/configuration.md."""

    @model_validator(mode="before")
    @classmethod
    def _secrets_of_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        return with_secrets(given)

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if self.jwt_secret_key and (self.better_auth_url or self.jwks_url):
            raise ValueError(
                "JWT_SECRET_KEY is set beside BETTER_AUTH_URL or JWT_JWKS_URL: set one of them "
                "only, for example BETTER_AUTH_URL=https://auth.example.com"
            )
        if self.jwks_url and not (self.issuer and self.audience):
            raise ValueError(
                "JWT_JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE beside it, for example "
                "JWT_ISSUER=https://auth.example.com JWT_AUDIENCE=https://api.example.com"
            )
        if self.database_url and not (self.jwt_secret_key or self.jwks_url):
            raise ValueError(
                "DATABASE_URL is set, but nothing to check tokens with: set BETTER_AUTH_URL, "
                "JWT_JWKS_URL or JWT_SECRET_KEY, for example BETTER_AUTH_URL=https://auth.example.com"
            )
        return self

    @model_validator(mode="after")
    def _whole_certificate(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError(
                "TLS_CERT and TLS_KEY go together, for example "
                "TLS_CERT=/etc/ssl/todo-api.pem TLS_KEY=/etc/ssl/private/todo-api.key"
            )
        if self.tls_cert and self.tls_key:
            _load(self.tls_cert, self.tls_key)
        return self

    @model_validator(mode="after")
    def _a_port_for_each(self) -> Self:
        hosts = {self.host, self.metrics_host}
        if self.port == self.metrics_port and (len(hosts) == 1 or hosts & _EVERY_ADDRESS):
            raise ValueError(
                "PORT and METRICS_PORT name the same port: give each its own, for example "
                "PORT=8000 METRICS_PORT=9464"
            )
        return self

    @model_validator(mode="after")
    def _installed_opentelemetry(self) -> Self:
        if self.traces_endpoint:
            try:
                distribution(_EXPORTER)
            except PackageNotFoundError:
                raise ValueError(
                    "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT asks for "
                    "traces, but OpenTelemetry is not installed: run "
                    "`pip install 'todo-api[opentelemetry]'`, or set OTEL_SDK_DISABLED=true"
                ) from None
        return self

    @model_validator(mode="after")
    def _room_for_a_batch(self) -> Self:
        if self.traces_endpoint and self.otel_bsp_max_export_batch_size > (
            self.otel_bsp_max_queue_size
        ):
            raise ValueError(
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512 by default, is more than the queue holds: set "
                "both, for example OTEL_BSP_MAX_QUEUE_SIZE=100 OTEL_BSP_MAX_EXPORT_BATCH_SIZE=50"
            )
        return self

    @model_validator(mode="after")
    def _one_count_of_requests(self) -> Self:
        if self.rate_limit and self.workers > 1 and not self.rate_limit_redis_url:
            raise ValueError(
                "RATE_LIMIT with WORKERS above 1 needs RATE_LIMIT_REDIS_URL, as each process would "
                "count on its own, for example RATE_LIMIT_REDIS_URL=redis://localhost:6379/0"
            )
        if self.rate_limit_redis_url and not self.rate_limit:
            raise ValueError(
                "RATE_LIMIT_REDIS_URL is set, but no limit: set RATE_LIMIT beside it, for example "
                "RATE_LIMIT=100/second"
            )
        return self

    @property
    def direct(self) -> bool:
        """Whether there is no pooler in front of the database; the embedded one has none."""
        return self.database_direct or self.database_url is None

    @property
    def jwks_url(self) -> str | None:
        """The URL of the signing keys, if tokens come from an identity server."""
        if self.jwt_jwks_url or not self.better_auth_url:
            return self.jwt_jwks_url
        return better_auth.jwks_url(self.better_auth_url)

    @property
    def issuer(self) -> str | None:
        """The required `iss` of tokens."""
        return self.jwt_issuer or self._better_auth

    @property
    def audience(self) -> str | None:
        """The required `aud` of tokens."""
        return self.jwt_audience or self._better_auth

    @property
    def _better_auth(self) -> str | None:
        return better_auth.origin(self.better_auth_url) if self.better_auth_url else None

    @property
    def traces_endpoint(self) -> str | None:
        """The URL that spans are sent to, if traces are on (OTLP over HTTP)."""
        if self.otel_sdk_disabled:
            return None
        if self.otel_exporter_otlp_traces_endpoint or not self.otel_exporter_otlp_endpoint:
            return self.otel_exporter_otlp_traces_endpoint
        return f"{self.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"

    @property
    def development(self) -> bool:
        """Whether the service creates its own secret, as no other is configured."""
        return not (self.jwt_secret_key or self.jwks_url)


def load_settings() -> Settings:
    """Read the environment; raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(map(_line, error.errors(include_input=False)))) from None


def _line(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    field = str(error["loc"][0])
    example = (Settings.model_fields[field].examples or [""])[0]
    if is_in_file(field):
        return f"{field.upper()}_FILE: the content {message}, for example {example}"
    return f"{field.upper()}: {message}, for example {field.upper()}={example}"
