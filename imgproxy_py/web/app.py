"""Every route on one screen. Image URLs and results are cut before the router (shell.py)."""

import functools
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from imgproxy_py.service.inside import SAMPLES, sample_bytes
from imgproxy_py.web.api.docs_page import docs_page
from imgproxy_py.web.api.openapi import openapi_document
from imgproxy_py.web.api.surface import ApiSurface
from imgproxy_py.web.errors import PageNotFound
from imgproxy_py.web.pages import front_page
from imgproxy_py.web.problems import problem_reply
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
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
    description, manual = openapi_document(public_url), docs_page(public_url)

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    async def ready(_: Request) -> Response:
        is_up = is_ready()
        return JSONResponse(
            {"status": "ready" if is_up else "not ready"},
            status_code=200 if is_up else 503,
            headers={"Cache-Control": "no-store"} | ({} if is_up else {"Retry-After": "1"}),
        )

    async def openapi(request: Request) -> Response:
        return _response(description.reply(read_head(request.scope).conditions))

    async def docs(request: Request) -> Response:
        return _response(manual.reply(read_head(request.scope).conditions))

    async def front(_: Request) -> Response:
        policy = {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": _PAGE_POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        return HTMLResponse(front_page(public_url=public_url), headers=policy)

    router = Starlette(
        routes=[
            Route("/", front),
            Route("/docs", docs),
            Route("/openapi.json", openapi),
            Route("/livez", live),
            Route("/healthz", live),
            Route("/readyz", ready),
            Route("/static/{name}", _sample),
        ]
    )
    router.add_exception_handler(404, _no_such_page)
    router.router.redirect_slashes = False
    return Shell(urls=urls, results=results, api=api, router=router)


async def _sample(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in SAMPLES:
        return await _no_such_page(request, PageNotFound())
    headers = dict(SAFE_HEADERS) | {"Cache-Control": "max-age=86400"}
    return Response(_sample_bytes(name), media_type=SAMPLES[name], headers=headers)


async def _no_such_page(request: Request, _: Exception) -> Response:
    head = read_head(request.scope)
    told = problem_reply(PageNotFound(), accept=head.accept, asked=head.target)
    return _response(told)


def _response(reply: Reply) -> Response:
    return Response(bytes(reply.body), reply.status, headers=dict(reply.headers))


_sample_bytes = functools.cache(sample_bytes)
