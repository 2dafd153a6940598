"""Cross-origin requests of browsers' pages."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Scope

_OF_THE_TEXT = {"content-length", "content-type"}
_PREFLIGHT = (b"origin", b"access-control-request-method")


class Cors(CORSMiddleware):
    """Starlette's middleware, whose refusal of a preflight is plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Tell an origin of ours what is allowed, whatever it asks for, and others nothing.

        So its browser blames the header or the method that is not allowed, and not the origin.
        """
        if not self.is_allowed_origin(request_headers["origin"]):
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Vary": "Origin"})
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        told = {name: text for name, text in answer.headers.items() if name not in _OF_THE_TEXT}
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=told)


def is_preflight(scope: Scope) -> bool:
    """Say whether a request asks what may be asked (Fetch, 3.2.2)."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return names.issuperset(_PREFLIGHT)
