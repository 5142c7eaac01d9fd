"""Some results of a batch as one archive: whoever wants a hundred asks once instead of as often."""

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, select

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.batch import Batch
from imgproxy_py.jobs.result_place import ResultFigures, ResultPlaces
from imgproxy_py.jobs.states import State
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.jobs.zip_layout import ZipLayout
from imgproxy_py.jobs.zip_records import ZipEntry

MAX_PICKED = 500

_NUMBERS = re.compile(rf"[0-9]{{1,9}}(,[0-9]{{1,9}}){{0,{MAX_PICKED - 1}}}", re.ASCII)
_PICKED = (
    select(jobs.c.number, jobs.c.finished_at, jobs.c.result)
    .where(jobs.c.batch_id == bindparam("batch"))
    .where(jobs.c.number.in_(bindparam("numbers", expanding=True)))
    .where(jobs.c.state == State.SUCCEEDED.value)
    .order_by(jobs.c.number)
)
_decoder = msgspec.json.Decoder(ResultFigures)


def read_numbers(text: str) -> frozenset[int]:
    """Numbers of files, such as `0,3,17`; ValueError when it is none or too many of them."""
    if not _NUMBERS.fullmatch(text):
        raise ValueError(f"no list of up to {MAX_PICKED} numbers")
    return frozenset(map(int, text.split(",")))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPicks:
    database: Database
    places: ResultPlaces

    async def layout(self, batch: Batch, numbers: Collection[int]) -> ZipLayout:
        """Each entry bears the number of its file as its name. What has no result yet, or none any
        more, is left out: the batch itself tells why."""
        asked = {"batch": batch.id, "numbers": sorted(numbers)}
        rows = await self.database.read(lambda connection: connection.execute(_PICKED, asked).all())
        places = await asyncio.gather(
            *(self.places.find(_decoder.decode(result)) for _, _, result in rows)
        )
        return ZipLayout(
            [
                ZipEntry(
                    name=f"{number}.{place.extension}",
                    size_bytes=place.size_bytes,
                    crc32=place.crc32,
                    sha256=place.sha256,
                    modified_at=finished_at,
                    folder=place.folder,
                )
                for (number, finished_at, _), place in zip(rows, places, strict=True)
                if place is not None
            ]
        )
