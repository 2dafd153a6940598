"""Cross-origin requests of browsers' pages."""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Scope


class Cors(CORSMiddleware):
    """Starlette's middleware, whose refusal of a preflight is plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Refuse by saying nothing of what is allowed, which is all that a browser looks for."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Vary": "Origin"})

    def headers_for(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return what is added to an answer for which the application is not asked."""
        origin = Headers(scope=scope).get("Origin")
        if origin is None:
            return [(b"vary", b"Origin")]
        headers = MutableHeaders(self.simple_headers)
        if self.is_allowed_origin(origin) and not self.allow_all_origins:
            self.allow_explicit_origin(headers, origin)
        else:
            headers["Vary"] = "Origin"
        return headers.raw
