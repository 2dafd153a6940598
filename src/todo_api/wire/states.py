"""What a connection does."""

from enum import Enum, auto


class State(Enum):
    """Each has its deadline (`Deadlines`), or that of the work that is done in it."""

    IDLE = auto()
    HEAD = auto()
    """A head has begun to arrive."""
    ANSWER = auto()
    """An answer is made; what comes meanwhile waits."""
    BODY = auto()
    """An answer is made, and waits for the request's body."""
    SENT = auto()
    """An answer is sent; its client is to read it, or the rest of its body is to be skipped."""
    TURN = auto()
    """A next request has come early, and waits for its turn among those of other connections."""
    REFUSED = auto()
    """A request was refused as too much, and nothing is read for a while."""
    LINGER = auto()
    """The last answer is sent; what comes is thrown away until the client ends its side."""
    CLOSED = auto()
