"""Authorization: the checks of the contract's security schemes, and of the path's user."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from compiled import Admission, Declared
from compiled.security import Check
from identity.auth import Authenticator
from todo_api.problems.errors import WrongUser
from todo_api.request import Request

if TYPE_CHECKING:
    # Its libraries are only loaded if there are limits.
    from todo_api.limits.limits import Limits

_OWNER = "user_id"
"""The path parameter that names the owner."""


def checks(authenticator: Authenticator, limits: "Limits | None") -> dict[str, Check]:
    """Return the check of each security scheme, by its name in the contract."""

    async def bearer(request: Request, _credentials: bytes | None) -> None:
        # Counting is cheaper than verifying, so floods of forged tokens are stopped here.
        admit = None if limits is None else partial(limits.count_address, request)
        request.user = await authenticator.authenticate(request.authorization, admit)

    return {"bearerAuth": bearer}


class Owners(Admission[Request]):
    """Admits users to their own paths only, within their rate limit."""

    def __init__(self, limits: "Limits | None") -> None:
        self._limits = limits

    def findings(self, operation: Declared) -> Sequence[str]:
        """Refuse a secured operation whose path does not name the user."""
        if _OWNER in operation.path_names:
            return ()
        return (f"is secured, but there is no {{{_OWNER}}} in its path to say whose it is",)

    def step(
        self, operation: Declared
    ) -> Callable[[Request, Sequence[str]], Awaitable[None]] | None:
        """Return the step that refuses other users' paths (`WrongUser`) and counts the request."""
        if _OWNER not in operation.path_names:
            return None  # it is refused
        owner, limits = operation.path_names.index(_OWNER), self._limits

        async def admit(request: Request, segments: Sequence[str]) -> None:
            user = request.user
            if limits is not None and user is not None:
                await limits.count_user(request, user)
            if segments[owner] != user:
                raise WrongUser

        return admit
