"""uvicorn's HTTP protocol, with problem documents where it answers by itself."""

from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from todo_api.errors import MalformedRequest
from todo_api.problems import problem


class ProblemProtocol(HttpToolsProtocol):
    """HTTP/1.1 as httptools parses it."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's sentence for people)
        """Refuse what is not HTTP; the connection can't go on, as nobody knows where it stands."""
        request_id = uuid4().hex
        answer = problem(MalformedRequest(), request_id)
        headers = [
            *self.server_state.default_headers,
            *answer.headers,
            (b"x-request-id", request_id.encode()),
            (b"connection", b"close"),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        start = b"HTTP/1.1 400 Bad Request\r\n"
        self.transport.write(b"".join([start, *lines, b"\r\n", answer.body]))
        self.transport.close()
