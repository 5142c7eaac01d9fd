"""`POST /api/optimize`: one picture, by upload or by URL, optimized while the client waits."""

import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.fields import read_fields
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.one_file import read_form_of_one, whole
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.negotiation import accepted_formats
from imgproxy_py.web.presence import while_present
from imgproxy_py.web.reply import Reply

Produce = Callable[[], Awaitable[Reply]]


class Desk(Protocol):
    async def fulfil(self, order: Order) -> Delivery:
        """The result of an order, stored under a URL of its account's own."""
        ...


class Once(Protocol):
    async def once(
        self, call: ApiCall, payload_sha256: str, produce: Produce, *, is_required: bool = False
    ) -> Reply:
        """The reply to a call; the same again, and nothing done, for a call that is repeated."""
        ...


class EveryTime:
    """Does every call anew."""

    async def once(
        self, call: ApiCall, payload_sha256: str, produce: Produce, *, is_required: bool = False
    ) -> Reply:
        return await produce()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizeApi:
    """`public_url` is where results are found, without a slash at its end."""

    desk: Desk
    limits: BodyLimits
    public_url: str
    idempotency: Once = field(default_factory=EveryTime)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                template="/api/optimize",
                handler=self._optimize,
                asks_for_work=True,
            ),
        )

    async def _optimize(self, call: ApiCall) -> Reply:
        with closing(await read_form_of_one(call, limits=self.limits)) as form:
            order = _order(call, form)

            async def produce() -> Reply:
                delivery = await while_present(call.incoming, self.desk.fulfil(order))
                told = delivery.as_json(public_url=self.public_url, request_id=call.request_id)
                return json_reply(told)

            return await self.idempotency.once(call, form.fingerprint(), produce)


def _order(call: ApiCall, form: ApiForm) -> Order:
    """The timeout is ours to keep; how long a client takes to send its picture is not."""
    fields = read_fields(form)
    upload = None if fields.source_url is not None else whole(form.files[0])
    return Order(
        identity=call.caller,
        options=fields.options,
        deadline=time.monotonic() + fields.options.timeout_seconds,
        source_url=fields.source_url,
        upload=None if upload is None else upload.spool,
        upload_name=None if upload is None else upload.filename,
        accepts=accepted_formats(call.head.accept),
        warnings=fields.warnings,
        keeps_result=fields.keeps_result,
        hops=call.head.hops,
    )
