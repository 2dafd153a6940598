"""Who may do what: the checks of the contract's security schemes, and whose path it is."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from compiled import Admission, Declared
from compiled.security import Check
from identity.auth import Authenticator
from todo_api.problems.errors import WrongUser
from todo_api.request import Request

if TYPE_CHECKING:
    # Its libraries are loaded only where there are limits.
    from todo_api.limits.limits import Limits

_OWNER = "user_id"
"""The part of a path that names the user whose it is."""


def checks(authenticator: Authenticator, limits: "Limits | None") -> dict[str, Check]:
    """Return the check of each security scheme, by the name that the contract gives it."""

    async def bearer(request: Request, _credentials: bytes | None) -> None:
        # To verify costs more than to count, so that floods of forged tokens end here.
        admit = None if limits is None else partial(limits.count_address, request)
        request.user = await authenticator.authenticate(request.authorization, admit)

    return {"bearerAuth": bearer}


class Owners(Admission[Request]):
    """Lets a user into the paths that name them, as often as their limit says."""

    def __init__(self, limits: "Limits | None") -> None:
        self._limits = limits

    def findings(self, operation: Declared) -> Sequence[str]:
        """Refuse an operation that asks who it is, but not whose the path is."""
        if _OWNER in operation.path_names:
            return ()
        return (f"is secured, but there is no {{{_OWNER}}} in its path to say whose it is",)

    def step(
        self, operation: Declared
    ) -> Callable[[Request, Sequence[str]], Awaitable[None]] | None:
        """Return what counts a request of a user, and raises `WrongUser` on another's path."""
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
