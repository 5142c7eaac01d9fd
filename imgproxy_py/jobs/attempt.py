"""One attempt at one job: its order is put together, fulfilled, and judged."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import random
from typing import Protocol

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.jobs.ending import Ending, after_failure, succeeded, was_interrupted
from imgproxy_py.jobs.identities import Identities
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.spending import SpendingLater
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.uploads import Uploads
from imgproxy_py.service.delivery import Delivery
from imgproxy_py.service.order import Order
from imgproxy_py.sources.spool import Spool
from options_grammar import Options, parse

log = logging.getLogger(__name__)

# Nobody waits on the line for a job, so a picture gets more time than a request has.
TIMEOUT_SECONDS = 120.0


class Desk(Protocol):
    """Whoever fulfils orders (service/desk.py)."""

    async def fulfil(self, order: Order) -> Delivery: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Everything that working on a job needs. `desk` counts its images through `spending`."""

    desk: Desk
    spending: SpendingLater
    meter: Meter
    identities: Identities
    uploads: Uploads
    random: Callable[[], float] = random

    async def attempt(self, job: Job) -> Ending:
        """Work on `job`. Raises nothing but cancellation: whatever goes wrong is an ending."""
        identity: Identity | None = None
        try:
            identity = await self.identities.find(job.account_id, job.key_id)
            async with self.uploads.opened(job) as upload:
                delivery = await self.desk.fulfil(_order(job, identity, upload))
        except Exception as failure:  # noqa: BLE001 (each of them is an ending, and logged)
            ending = after_failure(job, failure, random=self.random)
            _tell(job, failure, ending)
            if ending.state is State.FAILED and identity is not None:
                self.meter.note(identity, failures=1)
            return ending
        is_spent = self.spending.take(job.id)
        if delivery.is_cached and was_interrupted(job):
            # The last worker had made it already, and could not say so any more.
            return succeeded(job, replace(delivery, is_cached=False), is_spent=True)
        return succeeded(job, delivery, is_spent=is_spent)


def _order(job: Job, identity: Identity, upload: Spool | None) -> Order:
    options = _options(job.order.options)
    return Order(
        identity=identity,
        options=options,
        deadline=time.monotonic() + _seconds(options),
        source_url=job.order.source_url,
        upload=upload,
        upload_name=None if upload is None else job.filename,
        warnings=job.order.warnings,
        keeps_result=job.order.keeps_result,
        reservation_id=job.id,
    )


@lru_cache(maxsize=256)
def _options(text: str) -> Options:
    """The jobs of a batch have the same."""
    return parse(text).options


def _seconds(options: Options) -> float:
    """What the order asks for, where it asks for anything else than a request's default."""
    is_default = options.timeout_seconds == Options().timeout_seconds
    return TIMEOUT_SECONDS if is_default else options.timeout_seconds


def _tell(job: Job, failure: Exception, ending: Ending) -> None:
    told = {"job": job.id, "attempt": job.attempt, "state": ending.state.value}
    if isinstance(failure, ImgproxyError):
        log.info("an attempt at a job failed: %s", failure, extra=told)
    else:
        log.error("an attempt at a job failed", exc_info=failure, extra=told)
