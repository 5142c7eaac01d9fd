"""The story of a tinify client: it sends a picture, has it made smaller, and fetches what it wants.

    shrink    look what it is → optimize it in its own format → keep the source
    output    the result → or, with commands, the source again → optimize it as asked

Both go through the order desk, so quotas, reports and results are those of every other surface.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.desk import OrderDesk
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.service.filename import stem_of
from imgproxy_py.service.order import Order
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.tinify_choice import Chooser
from imgproxy_py.service.tinify_commands import SOURCE_FORMATS, Commands
from imgproxy_py.service.tinify_sources import TinifySource, TinifySources
from imgproxy_py.sources.spool import Spool
from options_grammar import Options
from options_grammar.options import DEFAULT_TIMEOUT_SECONDS

HEAD_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """`id` is where output is fetched from."""

    id: str
    source_format: ImageFormat
    source_bytes: int
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Tinify:
    """Raises what went wrong, as one of our errors."""

    desk: OrderDesk
    sources: TinifySources

    async def shrink(
        self, identity: Identity, spool: Spool, *, name: str | None = None, hops: int = 0
    ) -> Shrunk:
        """A complete picture in fewer bytes; it stays the caller's to close."""
        source_format = _kind(spool)
        options = Options(format=SOURCE_FORMATS[source_format])
        delivery = await self.desk.fulfil(
            Order(
                identity=identity,
                options=options,
                deadline=time.monotonic() + options.timeout_seconds,
                upload=spool,
                upload_name=name,
                hops=hops,
            )
        )
        source = self._source(identity, spool, source_format, delivery, stem_of(name))
        # Last: what cannot be optimized is not kept, and who asks again after a failure of the
        # store is not charged again.
        await self.sources.keep(source, spool)
        return Shrunk(
            id=source.id,
            source_format=source_format,
            source_bytes=spool.bytes_written,
            delivery=delivery,
        )

    def _source(
        self,
        identity: Identity,
        spool: Spool,
        source_format: ImageFormat,
        delivery: Delivery,
        name: str,
    ) -> TinifySource:
        account_id = identity.account.id
        return TinifySource(
            id=self.sources.id_of(account_id, spool.sha256),
            account_id=account_id,
            sha256=spool.sha256,
            bytes=spool.bytes_written,
            format=source_format,
            width=delivery.width,
            height=delivery.height,
            name=name,
            result_id=_result_id(delivery),
            # A repeat does not always begin the result's time anew (own_results.py).
            expires_at=delivery.expires_at or self.sources.now() + self.sources.ttl,
        )

    async def shrink_url(self, identity: Identity, source_url: str, *, hops: int = 0) -> Shrunk:
        """The same for a picture that is fetched first."""
        request = Request(
            username=identity.account.username,
            options=Options(),
            deadline=time.monotonic() + DEFAULT_TIMEOUT_SECONDS,
            source_url=source_url,
            hops=hops,
        )
        async with self._fetched(identity, request) as spool:
            return await self.shrink(identity, spool, name=source_url, hops=hops)

    async def output(self, source_id: str, identity: Identity | None) -> ImageAnswer:
        """What `shrink` made. Whoever has the id may have it; another account's key may not."""
        source = await self._found(source_id, identity)
        return await self.desk.results.open(source.result_id)

    async def output_as(
        self, source_id: str, identity: Identity, commands: Commands
    ) -> ImageAnswer:
        """The source again, as the commands say."""
        source = await self._found(source_id, identity)
        async with self.sources.opened(source) as spool:
            chooser = Chooser(optimizer=self.desk.optimizer, identity=identity)
            async with chooser.chosen(source, spool, commands) as order:
                delivery = await self.desk.fulfil(order)
        return await self.desk.results.open(_result_id(delivery))

    async def _found(self, source_id: str, identity: Identity | None) -> TinifySource:
        source = await self.sources.find(source_id)
        if identity is not None and source.account_id != identity.account.id:
            raise ResultNotFound
        return source

    @asynccontextmanager
    async def _fetched(self, identity: Identity, request: Request) -> AsyncIterator[Spool]:
        """A fetched source, whole; what fails before the desk knows of it is counted here."""
        optimizer = self.desk.optimizer
        has_arrived = False
        try:
            request = await optimizer.admission.by_key(identity.account, request)
            async with optimizer.sources.open(request) as source:
                await source.arrived()
                has_arrived = True
                yield source.spool
        except Exception:
            if not has_arrived:
                self.desk.meter.note(identity.account, identity.key_id, failures=1)
            raise


def _kind(spool: Spool) -> ImageFormat:
    found = sniff(spool.head(HEAD_BYTES))
    if found not in SOURCE_FORMATS:
        raise NotAnImage(
            f"{found.upper()} cannot be kept as what it is here; send JPEG, PNG, WebP, AVIF or "
            "GIF, or have it converted at /api/optimize"
        )
    return found


def _result_id(delivery: Delivery) -> str:
    return delivery.path.rpartition("/")[2]
