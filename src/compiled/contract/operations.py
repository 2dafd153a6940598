"""All operations of a contract, by path and method."""

from typing import TYPE_CHECKING, Generic

from connexion.resolver import Resolver
from connexion.spec import Specification

from compiled.answers import Reply
from compiled.contract.compiler import Compiler
from compiled.document import Document
from compiled.routes import Match, Routes
from compiled.seams import R, Seams

if TYPE_CHECKING:
    from compiled.operation import Operation


class Operations(Generic[R]):
    """All operations of the contract, by path and method."""

    def __init__(self, seams: Seams[R]) -> None:
        self._seams = seams
        self._routes: Routes[Operation[R]] = Routes()

    def compile(self, specification: Specification, resolver: Resolver) -> None:
        """Compile every operation of `specification`.

        Raises `ContractRefused` with a line for each construct that can't be enforced.
        """
        document = Document(specification.raw)
        base_path: str = specification.base_path
        Compiler(document.root, base_path, resolver, self._seams).compile(self._routes)
        document.check()

    def match(self, path: bytes) -> "Match[Operation[R]] | None":
        """Return the operations at a path; `path` is undecoded, as received."""
        return self._routes.match(path)

    async def answer(self, request: R, match: "Match[Operation[R]]") -> Reply:
        """Run the operation of the request's method; return its response or the error's."""
        try:
            operation = match.target(request.method)
            return await operation(request, match.values)
        except Exception as error:  # noqa: BLE001 (here all errors of an operation end)
            return self._seams.refusal(error, request)
