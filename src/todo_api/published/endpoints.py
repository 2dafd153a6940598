"""The server's endpoints outside the contract: health checks, and the contract itself."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from importlib.metadata import version

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.answers import etag_of, is_current
from compiled.routes import Routes, path_of
from db.readiness import require_fit
from todo_api.contract import contract_json, contract_yaml
from todo_api.http.security import policy_of
from todo_api.problems import causes
from todo_api.problems.errors import NoKeys, ShuttingDown
from todo_api.published import swagger

Endpoint = Callable[[Request], Awaitable[Response]]

_PUBLIC = "public, max-age=300"
"""These documents change only with a release, which caches may hide for five minutes."""
_ABOUT = {"service": "todo-api", "version": version("todo-api")}


class Endpoints:
    """Serve the server's own paths; pass all others on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._routes: Routes[Endpoint] = Routes()
        self._routes.add("/", "GET", home)
        self._routes.add("/health", "GET", health)
        self._routes.add("/ready", "GET", ready)
        self._routes.add("/openapi.yaml", "GET", openapi_yaml)
        self._routes.add("/openapi.json", "GET", openapi_json)
        self._routes.add(causes.PATH, "GET", errors)
        self._routes.add(f"{swagger.PATH}/", "GET", docs)
        self._routes.add(f"{swagger.PATH}/index.html", "GET", docs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, if its path is one of these."""
        match = self._routes.match(path_of(scope)) if scope["type"] == "http" else None
        if match is None:
            await self.app(scope, receive, _kept(send) if _is_of_the_page(scope) else send)
            return
        endpoint = match.target(scope["method"])
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)


def _is_of_the_page(scope: Scope) -> bool:
    """Tell whether a request is for Swagger UI's own files."""
    return scope["type"] == "http" and path_of(scope).startswith(f"{swagger.PATH}/".encode())


def _kept(send: Send) -> Send:
    """Let caches keep the response."""

    async def kept(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = _PUBLIC
        await send(message)

    return kept


async def home(_: Request) -> Response:
    """Redirect to Swagger UI, by a relative URL, because a proxy may add a path prefix."""
    return RedirectResponse(f"{swagger.PATH.removeprefix('/')}/")


async def health(_: Request) -> Response:
    """Answer 200 while the process is up; the database is not checked."""
    return JSONResponse({"status": "healthy", **_ABOUT})


async def ready(request: Request) -> Response:
    """Answer 200 while requests can be served and the server is not shutting down.

    The signing keys must have been fetched once, and the database must be writable. Raises
    `DatabaseUnavailable`, `Unfit`, `NoKeys` and `ShuttingDown`.
    """
    if request.state.drain.begun:
        raise ShuttingDown
    if not request.state.keys.reached:
        raise NoKeys
    await require_fit(request.state.pool)
    return JSONResponse({"status": "ready", **_ABOUT})


async def openapi_yaml(request: Request) -> Response:
    """Return the contract, byte for byte."""
    return _published(request, contract_yaml(), "application/yaml")


async def openapi_json(request: Request) -> Response:
    """Return the contract as JSON."""
    return _published(request, contract_json(), "application/json")


async def errors(request: Request) -> Response:
    """Return the page that a problem's type links to."""
    return _page(request, causes.page())


async def docs(request: Request) -> Response:
    """Return Swagger UI."""
    return _page(request, swagger.page())


def _page(request: Request, text: str) -> Response:
    page = text.encode()
    response = _published(request, page, "text/html")
    response.headers["Content-Security-Policy"] = policy_of(page)
    return response


def _published(request: Request, content: bytes, media_type: str) -> Response:
    etag = _etag_of(content)
    headers = {"ETag": etag, "Cache-Control": _PUBLIC, "Access-Control-Allow-Origin": "*"}
    if is_current(request.headers.get("If-None-Match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


_etag_of = lru_cache(maxsize=8)(etag_of)
"""Cached: these documents do not change while the process runs."""
