"""The end of one picture of a command line: its result on the disk, and all that is told of it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.cli.files import Picture, replace_file
from imgproxy_py.cli.originals import Originals, result_path
from imgproxy_py.cli.outcome import Outcome, Proof
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Optimized
from imgproxy_py.sources.spool import Spool
from options_grammar import Options

_COPIED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to make and where: None as `folder` replaces the files themselves.

    In a folder, none of `originals` is ever replaced. Sources that will not be there afterwards
    are copied into `copies`, where one is named.
    """

    options: Options
    originals: Originals
    accepts: tuple[str, ...] = ()
    folder: Path | None = None
    tier: Tier = Tier.SETTLED
    copies: Path | None = None


def finish(
    picture: Picture, target: Target, options: Options, spool: Spool, result: Optimized
) -> Outcome:
    """Write the result and tell about it; `options` are those that it was made with."""
    written = _write(picture, target, result, spool.bytes_written)
    is_gone = picture.is_url or (target.folder is None and written is not None)
    return Outcome(
        name=picture.name,
        source_bytes=spool.bytes_written,
        source_path=_copied(spool, target.copies) if is_gone else picture.path,
        source_format=result.source.format.value,
        is_copy=is_gone,
        result_bytes=len(result.data) if written else spool.bytes_written,
        result_path=written,
        format=result.format.value,
        width=result.width,
        height=result.height,
        # What was made and thrown away proves nothing about the file.
        proof=_proof(options, spool, result) if written else None,
        warnings=result.warnings,
    )


def _write(picture: Picture, target: Target, result: Optimized, source_bytes: int) -> Path | None:
    """Where the result went; None when a file stays as it is because nothing was saved."""
    if target.folder is not None:
        path = result_path(picture, target.folder, result.format)
        # Seldom met: a format was asked for that this picture cannot have, and it keeps its own.
        target.originals.refuse(path)
        replace_file(path, result.data)
        return path
    if len(result.data) >= source_bytes and target.options.is_full:
        return None
    # A link stays a link, and the file that it leads to is replaced.
    replace_file(picture.path.resolve(), result.data)
    return picture.path


def _copied(spool: Spool, folder: Path | None) -> Path | None:
    """The source once more under its hash, or None where no copies are wanted."""
    if folder is None:
        return None
    copy = folder / spool.sha256
    with copy.open("wb") as file:
        for at in range(0, spool.bytes_written, _COPIED_BYTES):
            file.write(os.pread(spool.fileno(), _COPIED_BYTES, at))
    return copy


def _proof(options: Options, spool: Spool, result: Optimized) -> Proof:
    receipt = Receipt.of(
        result,
        options=options,
        source_bytes=spool.bytes_written,
        source_sha256=spool.sha256,
        result_sha256=hashlib.sha256(result.data).hexdigest(),
    )
    return Proof.of(result, receipt)
