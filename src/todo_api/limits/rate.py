"""Rates such as `100/second`."""

import re
from typing import NamedTuple, Self

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_RATE = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(_SECONDS)})")


class Rate(NamedTuple):
    """A number of requests in a number of seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a rate; raises `ValueError`."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError(f"must be a number of requests per {', '.join(_SECONDS)}")
        return cls(int(match[1]), _SECONDS[match[2]])
