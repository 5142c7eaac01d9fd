"""Which call belongs to which handler: a table of methods and path templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from imgproxy_py.web.api.call import Handler
from imgproxy_py.web.errors import MethodNotAllowed, PageNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`template` is a path whose segments in braces are named parameters: `/api/v1/jobs/{id}`.

    `asks_for_work` makes calls count against the rate limits; polling and downloads do not.
    """

    method: str
    template: str
    handler: Handler
    asks_for_work: bool = False
    needs_key: bool = True


class RouteTable:
    """Finds routes by segments. A path parameter is one segment and never empty."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._exact = {(each.method, each.template): each for each in routes}
        self._first_segments = {each.template.split("/")[1] for each in routes}

    def knows(self, raw_path: bytes) -> bool:
        """Whether the first segment is one of ours."""
        return raw_path[1:].partition(b"/")[0].decode("latin-1") in self._first_segments

    def find(self, method: str, raw_path: bytes) -> tuple[Route, Mapping[str, str]]:
        """The route and its parameters; PageNotFound, or MethodNotAllowed with those there are.

        HEAD is answered as GET without a body (RFC 9110, 9.3.2).
        """
        method = "GET" if method == "HEAD" else method
        path = raw_path.decode("latin-1")
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        segments = path.split("/")
        allowed: list[str] = []
        for route in self.routes:
            parameters = _matched(route.template.split("/"), segments)
            if parameters is not None and route.method == method:
                return route, parameters
            if parameters is not None:
                allowed.append(route.method)
        if not allowed:
            raise PageNotFound
        raise MethodNotAllowed(method=method, allow=_allow(allowed))


def _allow(methods: Sequence[str]) -> str:
    """The header `Allow` (RFC 9110, 10.2.1)."""
    with_head = {*methods, "HEAD"} if "GET" in methods else set(methods)
    return ", ".join((*sorted(with_head), "OPTIONS"))


def _matched(template: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for expected, found in zip(template, segments, strict=True):
        if expected.startswith("{") and found:
            parameters[expected[1:-1]] = unquote(found)
        elif expected != found:
            return None
    return parameters
