"""Every route on one screen. Image URLs and results are cut before the router (shell.py)."""

import functools
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from imgproxy_py.service.inside import SAMPLES, sample_bytes
from imgproxy_py.web.api.docs_page import docs_page
from imgproxy_py.web.api.document import Document
from imgproxy_py.web.api.openapi import openapi_document
from imgproxy_py.web.api.surface import ApiSurface
from imgproxy_py.web.errors import MethodNotAllowed, PageNotFound, PreconditionFailed
from imgproxy_py.web.pages import front_page
from imgproxy_py.web.problems import problem_reply
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import read_head
from imgproxy_py.web.shell import App, Shell
from imgproxy_py.web.stored_results import ResultSurface
from imgproxy_py.web.url_surface import UrlSurface

_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"
)


def build_app(
    *,
    urls: UrlSurface,
    results: ResultSurface,
    api: ApiSurface,
    public_url: str,
    is_ready: Callable[[], bool],
) -> App:
    """The whole HTTP side as one ASGI app."""
    router = Starlette(
        routes=[
            Route("/", _serving(_front(public_url))),
            Route("/docs", _serving(docs_page(public_url))),
            Route("/openapi.json", _serving(openapi_document(public_url))),
            Route("/livez", _live),
            Route("/healthz", _live),
            Route("/readyz", _readiness(is_ready)),
            Route("/static/{name}", _sample),
        ]
    )
    router.add_exception_handler(404, _no_such_page)
    router.add_exception_handler(405, _no_such_method)
    router.router.redirect_slashes = False
    return Shell(urls=urls, results=results, api=api, router=router)


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def _readiness(is_ready: Callable[[], bool]) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        is_up = is_ready()
        return JSONResponse(
            {"status": "ready" if is_up else "not ready"},
            status_code=200 if is_up else 503,
            headers={"Cache-Control": "no-store"} | ({} if is_up else {"Retry-After": "1"}),
        )

    return ready


def _front(public_url: str) -> Document:
    return Document(
        body=front_page(public_url=public_url).encode(),
        media_type="text/html; charset=utf-8",
        policy=_PAGE_POLICY,
    )


@functools.cache
def _sample_document(name: str) -> Document:
    return Document(
        body=sample_bytes(name), media_type=SAMPLES[name], cache_control="max-age=86400"
    )


async def _sample(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in SAMPLES:
        return await _no_such_page(request, PageNotFound())
    return await _serving(_sample_document(name))(request)


def _serving(document: Document) -> Callable[[Request], Awaitable[Response]]:
    """What answers for a document; Starlette asks it for HEAD as for GET."""

    async def answer(request: Request) -> Response:
        try:
            return _response(document.reply(read_head(request.scope).conditions))
        except PreconditionFailed as error:
            return _problem(request, error)

    return answer


async def _no_such_page(request: Request, _: Exception) -> Response:
    return _problem(request, PageNotFound())


async def _no_such_method(request: Request, _: Exception) -> Response:
    allowed = MethodNotAllowed(method=request.method, allow="GET, HEAD, OPTIONS")
    return _problem(request, allowed)


def _problem(request: Request, error: Exception) -> Response:
    head = read_head(request.scope)
    return _response(problem_reply(error, accept=head.accept, asked=head.target))


def _response(reply: Reply) -> Response:
    return Response(bytes(reply.body), reply.status, headers=dict(reply.headers))
