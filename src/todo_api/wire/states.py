"""The states of a connection."""

from enum import Enum, auto


class State(Enum):
    """Each has a deadline of `Deadlines`, or that of the operation that runs."""

    IDLE = auto()
    HEAD = auto()
    """A part of a head has arrived."""
    ANSWER = auto()
    """The request is processed; bytes that arrive meanwhile wait."""
    BODY = auto()
    """The request is processed, and waits for its body."""
    SENT = auto()
    """The response is sent; the client has to read it, or the rest of the body is skipped."""
    TURN = auto()
    """A pipelined request has arrived, and waits for its turn among other connections."""
    REFUSED = auto()
    """A request was refused for overload, and nothing is read for a while."""
    LINGER = auto()
    """The last response is sent; input is discarded until the client closes its side."""
    CLOSED = auto()
