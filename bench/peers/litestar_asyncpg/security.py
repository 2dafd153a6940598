"""Who may call: JWTAuth, and a guard for whose tasks they are."""

import os
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.security.jwt import JWTAuth, Token


class UserToken(Token):
    """Names its user in the claim `user_id`."""

    @classmethod
    def decode_payload(cls, *args: Any, **options: Any) -> Any:
        payload = super().decode_payload(*args, **options)
        return {**payload, "sub": payload["user_id"]}


async def retrieve_user(token: Token, _connection: ASGIConnection) -> str:
    return token.sub


def owns(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:
    if connection.user != connection.path_params["user_id"]:
        raise PermissionDeniedException("Not your tasks")


jwt_auth = JWTAuth[str](
    retrieve_user_handler=retrieve_user,
    token_secret=os.environ["JWT_SECRET_KEY"],
    token_cls=UserToken,
)
