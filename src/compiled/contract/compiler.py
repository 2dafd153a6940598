"""Compile the contract, operation by operation; refuse what can't be enforced."""

import inspect
import re
from collections.abc import Sequence
from typing import Generic

from connexion.exceptions import ResolverError
from connexion.resolver import Resolver

from compiled.answers import Responses
from compiled.bodies import RequestBody
from compiled.document import Place
from compiled.operation import IF_NONE_MATCH, Handler, Operation, Parts
from compiled.parameters.parameters import Parameters
from compiled.routes import Routes
from compiled.schemas.schema import Schemas
from compiled.seams import Declared, R, Seams
from compiled.security import Schemes

_METHODS = ("get", "put", "post", "delete", "patch")
_OTHERS = ("head", "options", "trace")


class Compiler(Generic[R]):
    """Compiles the operations below `root`."""

    def __init__(self, root: Place, base_path: str, resolver: Resolver, seams: Seams[R]) -> None:
        self._root, self._base_path, self._resolver = root, base_path, resolver
        self._seams = seams
        self._schemas = Schemas()
        self._schemes = Schemes(root, seams.checks)
        self._ids: set[str] = set()
        self._templates: dict[str, str] = {}

    def compile(self, routes: Routes[Operation[R]]) -> None:
        """Add every operation to `routes`."""
        root = self._root
        root.refuse_keys(
            *("openapi", "info", "servers", "paths", "components"),
            *("security", "tags", "externalDocs"),
        )
        if len({_path_of_server(each.get("url")) for each in root.items("servers")}) > 1:
            root.refuse("servers with different paths are not supported")
        for path, item in root.fields("paths"):
            for method in self._methods(path, item.titled(path)):
                operation = self._operation(path, method, item)
                if operation is not None:
                    routes.add(operation.declared.route, method, operation)

    def _methods(self, path: str, item: Place) -> list[str]:
        item.refuse_keys("summary", "description", "parameters", *_METHODS, *_OTHERS)
        if not path.isascii():  # a request's path is matched undecoded
            item.refuse("characters beyond ASCII have to be percent-encoded")
        names = re.findall(r"\{[^}]+\}", path)
        if len(set(names)) < len(names):
            item.refuse("a name stands twice in the path")
        same = self._templates.setdefault(re.sub(r"\{[^}]+\}", "{}", path), path)
        if same != path:
            item.refuse(f"is the same path as {same}")
        for method in filter(item.__contains__, _OTHERS):
            item.refuse(f"{method.upper()} operations are not supported")
        return [method for method in _METHODS if method in item]

    def _operation(self, path: str, method: str, item: Place) -> Operation[R] | None:
        title = f"{method.upper()} {path}"
        place = item[method].titled(title)
        place.refuse_keys(
            *("tags", "summary", "description", "externalDocs", "operationId", "parameters"),
            *("requestBody", "responses", "deprecated", "security"),
        )
        security = self._schemes.security(place)
        parameters = Parameters(
            path,
            place.items("parameters"),
            item.titled(title).items("parameters"),
            self._schemas,
            security.query_names,
        )
        for name in parameters.undeclared:
            place.refuse(f"{{{name}}} of the path is no parameter")
        declared = Declared(
            method,
            path,
            self._base_path + path,
            place.get("operationId", ""),
            place.get("x-openapi-router-controller"),
            parameters.path_names,
            security.is_asked_for,
        )
        if declared.is_secured:
            for finding in self._seams.admission.findings(declared):
                place.refuse(finding)
        body = self._body(place, method)
        conditional = method == "get" and IF_NONE_MATCH in parameters.names
        responses = Responses(place, conditional=conditional)
        handler = self._handler(place, declared)
        if handler is None or parameters.undeclared:
            return None
        parts = Parts(security, parameters, body, responses, handler)
        operation = Operation(declared, parts, self._seams)
        _check_signature(place, handler, operation.arguments)
        return operation

    def _body(self, place: Place, method: str) -> RequestBody | None:
        if "requestBody" not in place:
            return None
        if method in {"get", "delete"}:  # a body has no meaning there (RFC 9110, 9.3.1, 9.3.5)
            place.refuse(f"requestBody of {method.upper()} is not supported")
        return RequestBody(place["requestBody"], self._schemas, method)

    def _handler(self, place: Place, declared: Declared) -> Handler | None:
        name = declared.operation_id
        if not name:
            place.refuse("has no operationId")
            return None
        if name in self._ids:
            place.refuse(f"operationId {name} stands twice in the contract")
        self._ids.add(name)
        try:
            handler: Handler = self._resolver.resolve(declared).function
        except (ResolverError, ImportError, AttributeError, ValueError) as error:
            place.refuse(f"operationId {name}: {_line(error)}")
            return None
        if not inspect.iscoroutinefunction(inspect.unwrap(handler)):
            place.refuse(f"operationId {name}: the handler is not async")
        return handler


def _check_signature(place: Place, handler: Handler, names: Sequence[str]) -> None:
    """Refuse a handler that does not take these arguments."""
    signature = inspect.signature(handler)
    try:
        signature.bind(None, **dict.fromkeys(names))
    except TypeError as error:
        place.refuse(f"operationId {place.get('operationId')}: the handler: {_line(error)}")


def _line(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).partition("\n")[0]


def _path_of_server(url: str) -> str:
    path = "/" + url.partition("://")[2].partition("/")[2] if "://" in url else url
    return path.rstrip("/")
