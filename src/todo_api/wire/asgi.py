"""Requests outside the contract, passed to the ASGI application (ASGI 3.0, HTTP 2.3)."""

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.types import Message, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from compiled.request import Headers
from todo_api.wire.exchange import Exchange

if TYPE_CHECKING:
    from todo_api.wire.protocol import Protocol

_LAST_CHUNK = b"0\r\n\r\n"
_BODILESS = (204, 304)

_log = logging.getLogger("todo_api.http")


class Cycle:
    """One call of the application: its scope, `receive` and `send`."""

    def __init__(self, exchange: Exchange, link: "Protocol") -> None:
        self._exchange = exchange
        self._link = link
        self._over = asyncio.Event()
        """Set when the response is complete or the client is gone."""
        self._asked = False
        self._started = self._bodiless = self._chunked = False
        self._left = -1
        """Bytes of the body still to be sent, if the response has Content-Length."""

    async def run(self) -> None:
        """Call the application; an incomplete response ends the connection."""
        try:
            await self._link.app(self._scope(), self._receive, self._send)
        except Exception:  # noqa: BLE001 (whatever it is, the server goes on)
            _log.exception("The ASGI application failed.")
        if not self._started and not self._link.is_closed:
            _log.error("The ASGI application did not answer.")
            await self._send({"type": "http.response.start", "status": 500, "headers": []})
            await self._send({"type": "http.response.body"})

    def disconnect(self) -> None:
        """Tell the application that the client is gone."""
        self._over.set()

    def _scope(self) -> Scope:
        head, link = self._exchange.head, self._link
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": head.version,
            "method": head.method,
            "scheme": link.scheme,
            "path": unquote(head.path.decode("ascii")),
            "raw_path": head.path,
            "query_string": head.query,
            "root_path": link.root_path,
            "headers": list(head.items),
            "client": link.client,
            "server": link.host,
            "state": link.app_state.copy(),
            "extensions": {},
        }

    async def _receive(self) -> Message:
        """Return the whole body at once, then wait for the response or a disconnect."""
        if not self._asked and not self._over.is_set():
            self._asked = True
            try:
                return {"type": "http.request", "body": await self._exchange.body()}
            except Exception:  # noqa: BLE001 (who does not send what it says, is gone)
                return {"type": "http.disconnect"}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self._link.outbox.drain()
        if self._link.is_closed:
            return
        wanted = "http.response.body" if self._started else "http.response.start"
        if message["type"] != wanted or self._exchange.answered:
            raise RuntimeError(f"The ASGI message {message['type']} is out of turn.")
        if self._started:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))
        else:
            self._send_start(message["status"], list(message.get("headers", ())))
            self._started = True

    def _send_start(self, status: int, headers: Headers) -> None:
        head, fields = self._exchange.head, {name.lower(): value for name, value in headers}
        self._bodiless = head.method == "HEAD" or status in _BODILESS
        self._left = int(fields.get(b"content-length", -1))
        self._chunked = self._left < 0 and not self._bodiless and head.version == "1.1"
        if self._chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        elif self._left < 0 and not self._bodiless:
            self._exchange.keep_alive = False  # the body ends with the connection
        if fields.get(b"connection", b"").lower() == b"close":
            self._exchange.keep_alive = False
        elif self._link.is_last(self._exchange):
            headers.append((b"connection", b"close"))
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
            raise RuntimeError("A header of the answer has a line end in it.")
        self._link.outbox.write(b"".join([STATUS_LINE[status], self._link.date, lines, b"\r\n"]))

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._bodiless:
            body = b""
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + _LAST_CHUNK * (not more)
        elif self._left >= 0:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("The answer's body is not as long as its Content-Length says.")
        if body:
            self._link.outbox.write(body)
        if not more:
            self._exchange.answered = True
            self._over.set()
