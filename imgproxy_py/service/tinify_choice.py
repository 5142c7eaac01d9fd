"""Which order answers a tinify client's commands: where several formats will do, the smallest.

Every format in question is made first, without a charge, as results that nobody has been given;
the order is for the one that came out smallest, so the client pays for one image.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.engine.errors import FormatUnavailable, ImpossibleResult
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.geometry import Size
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Meta
from imgproxy_py.service.errors import NotReadyInTime
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.optimize import Optimizer
from imgproxy_py.service.order import Order
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.service.tinify_commands import (
    SOURCE_FORMATS,
    Commands,
    on_background,
    options_for,
)
from imgproxy_py.service.tinify_sources import TinifySource
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import DeadlineReached
from options_grammar import Format, Options

# What `*/*` opens, which says that every format will do.
ACCEPTS = frozenset({ImageFormat.AVIF, ImageFormat.WEBP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    optimizer: Optimizer
    identity: Identity

    @asynccontextmanager
    async def chosen(
        self, source: TinifySource, spool: Spool, commands: Commands
    ) -> AsyncIterator[Order]:
        """The order that answers the commands; its source is open while the block runs."""
        formats = _in_question(source, commands)
        if (
            _depends_on_alpha(source, formats, commands)
            and (facts := await self._facts(spool)).has_alpha
        ):
            if commands.background is not None:
                with await self._flattened(source, spool, commands, facts) as flat:
                    yield await self._smallest(source, flat, commands, formats)
                return
            # Its transparency would be lost, and nobody has said to which color.
            formats = tuple(each for each in formats if each is not Format.JPEG)
        yield await self._smallest(source, spool, commands, formats)

    async def _smallest(
        self, source: TinifySource, spool: Spool, commands: Commands, formats: Sequence[Format]
    ) -> Order:
        size = Size(width=source.width, height=source.height)
        orders = [
            self._order(source, spool, commands, options_for(commands, size, each))
            for each in formats
        ]
        if len(orders) == 1:
            return orders[0]
        made: list[tuple[int, Order]] = []
        failed: Exception = NotReadyInTime()
        for order in orders:
            try:
                made.append((len((await self._made(order)).data), order))
            except (FormatUnavailable, ImpossibleResult, NotReadyInTime) as error:
                failed = error
        if not made:
            raise failed
        _, smallest = min(made, key=lambda each: each[0])
        return replace(smallest, deadline=_deadline(smallest.options))

    def _order(
        self, source: TinifySource, spool: Spool, commands: Commands, options: Options
    ) -> Order:
        return Order(
            identity=self.identity,
            options=options,
            deadline=_deadline(options),
            upload=spool,
            upload_name=source.name,
            accepts=ACCEPTS if options.format is Format.AUTO else frozenset(),
            warnings=commands.warnings,
        )

    async def _made(self, order: Order) -> ImageAnswer:
        """A result that nobody has been given yet. Only who has an image left has it made."""
        account = self.identity.account
        request = Request(
            username=account.username,
            options=order.options,
            deadline=order.deadline,
            upload=order.upload,
            upload_name=order.upload_name,
            accepts=order.accepts,
        )
        keys = Keys.of(request)
        async with self.optimizer.sources.open(request) as opened:
            known = await self.optimizer.known.of_content(request, keys, opened)
            if known is not None:
                return known
            async with self.optimizer.meter.image_charge(account):
                try:
                    answer = await self.optimizer.maker.make(
                        request, keys, opened, started_at=time.perf_counter()
                    )
                except DeadlineReached as error:
                    raise NotReadyInTime from error
        if not isinstance(answer, ImageAnswer):
            raise NotReadyInTime
        return answer

    async def _facts(self, spool: Spool) -> SourceFacts:
        options = Options(wants_meta=True)
        told = await self.optimizer.engine.run(
            Job(options=options, limits=self.optimizer.limits), spool, deadline=_deadline(options)
        )
        assert isinstance(told, Meta)
        return told.facts

    async def _flattened(
        self, source: TinifySource, spool: Spool, commands: Commands, facts: SourceFacts
    ) -> Spool:
        """The picture on a ground, with nothing else lost; whoever gets it closes it."""
        size = Size(width=source.width, height=source.height)
        # PNG holds one frame.
        exact = Format.WEBP if facts.is_animated else Format.PNG
        options = on_background(commands, size, exact)
        answer = await self._made(self._order(source, spool, Commands(), options))
        flat = Spool(
            self.optimizer.sources.spool_directory,
            max_source_bytes=len(answer.data),
            expected_bytes=len(answer.data),
        )
        flat.write(answer.data)
        flat.finish()
        return flat


def _in_question(source: TinifySource, commands: Commands) -> tuple[Format, ...]:
    """The engine knows which format is likely to be smallest, and compares some of them. The
    source's own is compared here, so that no conversion ever costs bytes."""
    own = SOURCE_FORMATS[source.format]
    if not commands.formats:
        return (own,)
    if Format.AUTO in commands.formats:
        return (own, Format.AUTO)
    return commands.formats


def _depends_on_alpha(source: TinifySource, formats: Sequence[Format], commands: Commands) -> bool:
    """Whether transparency of the source changes what has to be done.

    JPEG is always on a ground, so the background of its options is enough.
    """
    if source.format is ImageFormat.JPEG or tuple(formats) == (Format.JPEG,):
        return False
    return commands.background is not None or Format.JPEG in formats


def _deadline(options: Options) -> float:
    return time.monotonic() + options.timeout_seconds
