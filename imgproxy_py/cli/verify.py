"""`imgproxy-py verify`: does a result keep what its receipt says? For files and URLs."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import uvloop

from imgproxy_py.cli.faults import said
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.compose.limits import fetch_policy, limits
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.service.claims import Check
from imgproxy_py.service.verify import VERIFY_SECONDS, Verification, Verifier
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.pool import EnginePool, PoolSettings

_READ_BYTES = 1 << 20
_WORDS = {True: ("ok ", "green"), False: ("no ", "red"), None: ("?  ", "yellow")}


@click.command(short_help="Check a result against its receipt.")
@click.argument("source")
@click.argument("result")
@click.option(
    "--receipt",
    "text",
    required=True,
    metavar="TEXT",
    help="The Image-Optimization header; @FILE reads it from a file, - from standard input.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def verify(source: str, result: str, text: str, as_json: bool) -> None:
    """Check a result against its receipt and its source; each is a file or a URL.

    Sizes, hashes and the score are found out anew. Exits with 1 when a claim is false or a picture
    cannot be read, with 2 when the receipt or the command line itself is wrong.
    """
    try:
        receipt = Receipt.parse(_receipt_text(text))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            told = runner.run(_verified(load_settings(), source, result, receipt))
    except BadReceipt as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        click.echo(f"nothing was verified: {error}", err=True)
        sys.exit(1)
    except ImgproxyError as error:
        click.echo(f"nothing was verified: {said(error)}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(told.as_json()))
    else:
        _tell(told)
    sys.exit(not told.is_valid)


def _receipt_text(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    if text.startswith("@"):
        return Path(text[1:]).read_text(encoding="utf-8", errors="replace")
    return text


def _tell(told: Verification) -> None:
    for check in told.checks:
        mark, color = _WORDS[check.holds]
        click.echo(f"{click.style(mark, fg=color)} {check.name:<14} {_compared(check)}")
    false = sum(check.holds is False for check in told.checks)
    claims = f"{false} of {len(told.checks)} claims {'is' if false == 1 else 'are'} false"
    click.echo("\nthe receipt holds" if told.is_valid else f"\nthe receipt does not hold: {claims}")


def _compared(check: Check) -> str:
    note = f" ({check.note})" if check.note else ""
    if check.claimed == check.found:
        return f"{check.found}{note}"
    claimed, found = (
        "nothing" if value is None else value for value in (check.claimed, check.found)
    )
    return f"{claimed} claimed, {found} found{note}"


async def _verified(settings: Settings, source: str, result: str, receipt: Receipt) -> Verification:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="imgproxy-py-")))
        opener = _Opener(settings=settings, scratch=scratch)
        source_spool = await stack.enter_async_context(opener.open(source))
        result_spool = await stack.enter_async_context(opener.open(result))
        pool = EnginePool(PoolSettings(children=1, memory_bytes=settings.engine_memory_bytes))
        stack.push_async_callback(pool.close)
        await pool.start()
        verifier = Verifier(engine=pool, limits=limits(settings), spool_directory=scratch)
        deadline = time.monotonic() + VERIFY_SECONDS
        return await verifier.verify(source_spool, result_spool, receipt, deadline=deadline)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opener:
    """Opens what a command line names, whole, within the limits of a source."""

    settings: Settings
    scratch: Path

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Spool]:
        if not name.startswith(("http://", "https://")):
            with await asyncio.to_thread(self._read, Path(name)) as spool:
                yield spool
            return
        async with AsyncExitStack() as stack:
            fetcher = Fetcher(fetch_policy(self.settings))
            stack.push_async_callback(fetcher.close)
            await fetcher.start()
            fetched = await fetcher.fetch(name, spool_directory=self.scratch)
            await stack.enter_async_context(fetched)
            await fetched.spool.wait_ended()
            yield fetched.spool

    def _read(self, path: Path) -> Spool:
        with path.open("rb") as file:
            spool = Spool(
                self.scratch,
                max_source_bytes=self.settings.max_source_bytes,
                expected_bytes=path.stat().st_size,
            )
            try:
                while chunk := file.read(_READ_BYTES):
                    spool.write(chunk)
            except BaseException:
                spool.close()
                raise
        spool.finish()
        return spool
