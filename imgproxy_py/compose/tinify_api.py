"""What tinify clients use: its routes, joined with what runs behind them."""

import asyncio
from datetime import timedelta

from imgproxy_py.compose.parts import Parts
from imgproxy_py.service.tinify import Tinify
from imgproxy_py.service.tinify_sources import TinifySources, sweep_forever
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.tinify.surface import TinifyApi


def tinify_routes(parts: Parts, body_limits: BodyLimits) -> tuple[Route, ...]:
    """On the same quota and rate limits as the API."""
    story, settings = parts.story, parts.settings
    sources = TinifySources(
        blobs=story.blobs,
        secret=story.secret,
        spool_directory=story.spool_directory,
        ttl=timedelta(seconds=settings.result_ttl_seconds),
    )
    sweeping = asyncio.create_task(sweep_forever(sources))
    parts.stack.callback(sweeping.cancel)
    return TinifyApi(
        tinify=Tinify(desk=story.desk, sources=sources),
        keys=parts.accounts.keys,
        limiter=parts.accounts.limiter,
        counts=parts.accounts.meter,
        limits=body_limits,
        public_url=settings.public_url,
    ).routes()
