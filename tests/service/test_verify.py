"""How many verifications run at once, and that a source and its result stay apart in one file."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.result import Verified
from imgproxy_py.service.verify import Turns, Verifier
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import Overloaded
from tests.receipts import RECEIPT


class Recorder:
    """An engine that keeps what it is given."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.data = b""

    async def verify(self, job: Job, spool: Spool, *, deadline: float) -> Verified:
        self.job, self.data = job, spool.read()
        return Verified(promised_width=100, promised_height=50, fault="not looked at")


def spool_of(data: bytes, directory: Path) -> Spool:
    spool = Spool(directory, max_source_bytes=1 << 24, expected_bytes=len(data))
    spool.write(data)
    spool.finish()
    return spool


async def test_the_engine_finds_the_result_right_behind_the_source(tmp_path: Path) -> None:
    source, result = b"s" * 3_000_000, b"r" * 70_000
    engine = Recorder()
    verifier = Verifier(engine=engine, limits=Limits(), spool_directory=tmp_path)

    with spool_of(source, tmp_path) as first, spool_of(result, tmp_path) as second:
        told = await verifier.verify(first, second, RECEIPT, deadline=time.monotonic() + 5)

    assert engine.job is not None
    assert engine.job.verify_from == len(source)
    assert engine.data == source + result
    assert told.is_valid is False
    claims = {check.name: check.found for check in told.checks}
    assert (claims["original"], claims["result"]) == (len(source), len(result))


def test_more_verifications_than_there_is_room_for_are_sent_away() -> None:
    turns = Turns(max_at_once=2)
    with ExitStack() as running:
        running.enter_context(turns)
        with turns, pytest.raises(Overloaded), turns:
            pass
        with turns:
            pass  # a place that was given back is free again


def test_a_verification_that_fails_gives_its_place_back() -> None:
    turns = Turns(max_at_once=1)
    with pytest.raises(ZeroDivisionError), turns:
        raise ZeroDivisionError

    with turns:
        pass
