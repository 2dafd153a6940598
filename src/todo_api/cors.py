"""Cross-origin requests of browsers' pages."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response


class Cors(CORSMiddleware):
    """Starlette's middleware, whose refusal of a preflight is plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Refuse by saying nothing of what is allowed, which is all that a browser looks for."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Vary": "Origin"})
