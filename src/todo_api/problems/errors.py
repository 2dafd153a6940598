"""The service's own errors; `kinds` has the response to each."""


class WrongUser(Exception):
    """The token's user is not the path's."""


class RateLimited(Exception):
    """A rate limit was exceeded; the request will pass after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class PayloadTooLarge(Exception):
    """A body above the size limit."""


class MalformedRequest(Exception):
    """Bytes that are not valid HTTP."""


class HeadTooLarge(Exception):
    """A head above the limits of bytes or fields."""


class HeadTooSlow(Exception):
    """A head that was not complete by the deadline."""


class BodyTooSlow(Exception):
    """A body that was not complete by the deadline."""


class ClientDisconnected(Exception):
    """A client that disconnected before its body was complete."""


class NoSuchPath(Exception):
    """A path outside the contract."""


class NoKeys(Exception):
    """The server has not fetched any signing keys yet, so it can't check tokens."""

    reason = "keys"


class ShuttingDown(Exception):
    """The server is shutting down."""
