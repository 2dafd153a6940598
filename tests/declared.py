"""What the contract says of answers, by a validator that is nobody's here."""

from typing import Any

from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker


class Declared:
    """A schema of the contract."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = OAS30ReadValidator(schema, format_checker=oas30_format_checker)

    def accepts(self, value: Any) -> bool:
        return bool(self._validator.is_valid(value))

    def faults(self, value: Any) -> list[str]:
        return [error.message for error in self._validator.iter_errors(value)]
