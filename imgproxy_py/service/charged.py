"""An image made for an account: reserved before, spent and counted once it is there."""

from imgproxy_py.accounts.account import Account
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.making import Maker
from imgproxy_py.service.metering import Meter
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer


async def made_for(
    account: Account,
    meter: Meter,
    maker: Maker,
    request: Request,
    keys: Keys,
    source: Source,
    *,
    started_at: float,
) -> Answer:
    """What `Maker.make` gives. Facts of a source cost nothing; raises QuotaExceeded.

    It is counted here, and not where it is answered: who asked for it may have left by then.
    """
    if request.options.wants_meta:
        return await maker.make(request, keys, source, started_at=started_at)
    async with meter.image_charge(account) as charge:
        answer = await maker.make(request, keys, source, started_at=started_at)
        if isinstance(answer, ImageAnswer) and answer.costs_an_image:
            charge.spend()
            meter.note(
                account,
                images=1,
                source_bytes=answer.record.source_bytes,
                result_bytes=answer.record.bytes,
            )
        return answer
