"""Who may call, for both FastAPI peers.

As taught on https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/; the tokens come from
elsewhere, hence HTTPBearer.
"""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jwt.exceptions import InvalidTokenError

SECRET_KEY = os.environ["JWT_SECRET_KEY"]
ALGORITHM = "HS256"

bearer = HTTPBearer()


async def get_current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> str:
    try:
        payload = jwt.decode(credentials.credentials, SECRET_KEY, algorithms=[ALGORITHM])
        return payload["user_id"]
    except (InvalidTokenError, KeyError):
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Could not validate credentials",
            headers={"WWW-Authenticate": "Bearer"},
        ) from None


async def get_owner(user_id: str, current_user: Annotated[str, Depends(get_current_user)]) -> str:
    if user_id != current_user:
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN, detail="Not your tasks")
    return user_id


Owner = Annotated[str, Depends(get_owner)]
