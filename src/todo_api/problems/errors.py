"""What can be wrong with a request; `problems` says how a client is told."""


class WrongUser(Exception):
    """A token of another user than the path's."""


class RateLimited(Exception):
    """One request too many; after `wait` seconds there is room for it."""

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class PayloadTooLarge(Exception):
    """A body over the limit."""


class MalformedRequest(Exception):
    """Bytes that are not HTTP."""


class HeadTooLarge(Exception):
    """A head with more bytes or fields than are read."""


class HeadTooSlow(Exception):
    """A head that was not complete by the deadline."""


class BodyTooSlow(Exception):
    """A body that was not complete by the deadline."""


class ClientDisconnected(Exception):
    """A client that went away before its body was complete."""


class NoSuchPath(Exception):
    """A path outside the contract."""


class NoKeys(Exception):
    """A server that has had no signing keys yet, so that no token could be checked."""

    reason = "keys"


class ShuttingDown(Exception):
    """A server that is about to end."""
