"""Cross-origin requests (CORS)."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Scope

_OF_THE_TEXT = {"content-length", "content-type"}
_LONGEST_NAMES = 1000  # characters; 64 KiB of commas took 7 ms
_PREFLIGHT = (b"origin", b"access-control-request-method")


class Cors(CORSMiddleware):
    """Starlette's middleware, without its plain-text refusal of a preflight."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Tell an allowed origin what it may send, whatever it asks for, and others nothing.

        So the browser's error names the header or method that is not allowed, not the origin.
        """
        asked = request_headers.get("access-control-request-headers", "")
        if not self.is_allowed_origin(request_headers["origin"]) or len(asked) > _LONGEST_NAMES:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Vary": "Origin"})
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        told = {name: text for name, text in answer.headers.items() if name not in _OF_THE_TEXT}
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=told)


def is_preflight(scope: Scope) -> bool:
    """Tell whether a request is a preflight (Fetch, 3.2.2)."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return names.issuperset(_PREFLIGHT)
