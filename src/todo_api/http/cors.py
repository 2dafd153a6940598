"""Cross-origin requests of browsers' pages."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Scope

_PREFLIGHT = (b"origin", b"access-control-request-method")


class Cors(CORSMiddleware):
    """Starlette's middleware, whose refusal of a preflight is plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Refuse by saying nothing of what is allowed, which is all that a browser looks for."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Vary": "Origin"})


def is_preflight(scope: Scope) -> bool:
    """Say whether a request asks what may be asked (Fetch, 3.2.2)."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return names.issuperset(_PREFLIGHT)
