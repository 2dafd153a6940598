"""How a case is written: `{user}`, `{token}` and `{task}` are filled in when it is sent."""

from typing import NamedTuple

HOST = b"Host: localhost\r\n"
TOKEN = b"Authorization: Bearer {token}\r\n"
JSON = b"Content-Type: application/json\r\n"
TASK = b'{"title": "Buy milk"}'
WHOLE = b'{"title": "Buy milk", "complete": true}'


class Case(NamedTuple):
    """A request, and the statuses of all its answers in their order."""

    request: bytes
    statuses: tuple[int, ...]

    def filled(self, user: str, token: str, task: int) -> bytes:
        """Return the request as that user sends it, about that task."""
        values = {b"{user}": user, b"{token}": token, b"{task}": str(task)}
        request = self.request
        for name, value in values.items():
            request = request.replace(name, value.encode())
        return request


Cases = dict[str, Case]


def case(line: bytes, *statuses: int, head: bytes = b"", body: bytes = b"") -> Case:
    """Return a case of a user's own request; the path of `line` is below the user's."""
    method, path = line.split(b" ", 1)
    start = b"%s /api/{user}/%s HTTP/1.1\r\n" % (method, path)
    return Case(start + HOST + TOKEN + head + b"\r\n" + body, statuses)


def sized(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def creation(body: bytes, *statuses: int, head: bytes = b"") -> Case:
    return case(b"POST tasks", *statuses, head=JSON + sized(body) + head, body=body)
