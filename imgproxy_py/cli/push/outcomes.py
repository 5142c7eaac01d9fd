"""What is told of one picture of a push, in the words of `optimize`."""

from pathlib import Path

from imgproxy_py.cli.files import Picture
from imgproxy_py.cli.outcome import Outcome, Proof
from imgproxy_py.cli.push.batch import Made, receipt_of
from imgproxy_py.cli.push.piece import Piece


def made_outcome(
    piece: Piece, made: Made, path: Path, *, receipt: str, result_bytes: int
) -> Outcome:
    """A result that is at `path`; `receipt` is the one that came with its bytes."""
    return Outcome(
        name=piece.picture.name,
        source_bytes=piece.size_bytes,
        source_path=piece.picture.path,
        source_format=_format_of(piece),
        result_bytes=result_bytes,
        result_path=path,
        format=made.format,
        width=made.width,
        height=made.height,
        proof=_proof(receipt),
        warnings=made.warnings,
    )


def kept_outcome(piece: Piece, made: Made) -> Outcome:
    """A file that stays as it is because nothing would be saved."""
    return Outcome(
        name=piece.picture.name,
        source_bytes=piece.size_bytes,
        source_path=piece.picture.path,
        source_format=_format_of(piece),
        result_bytes=piece.size_bytes,
        format=made.format,
        width=made.width,
        height=made.height,
        warnings=made.warnings,
    )


def unsent_outcome(piece: Piece) -> Outcome:
    """A file of a format that is only read, so nothing can take its place."""
    named = (_format_of(piece) or "").upper()
    told = f"{named} files are not written by the server; this one stays as it is"
    return Outcome(
        name=piece.picture.name,
        source_bytes=piece.size_bytes,
        source_path=piece.picture.path,
        source_format=_format_of(piece),
        result_bytes=piece.size_bytes,
        format=_format_of(piece),
        warnings=(told,),
    )


def failed_outcome(picture: Picture, fault: str, *, source_bytes: int = 0) -> Outcome:
    return Outcome(name=picture.name, source_bytes=source_bytes, error=fault)


def _format_of(piece: Piece) -> str | None:
    return None if piece.source_format is None else piece.source_format.value


def _proof(text: str) -> Proof | None:
    receipt = receipt_of(text)
    if receipt is None:
        return None
    return Proof(
        receipt=text,
        source_sha256=receipt.source_sha256,
        result_sha256=receipt.result_sha256,
        score=receipt.score,
        target=receipt.target,
        quality=receipt.quality,
        attempts=receipt.attempts or 1,
        stop=receipt.stop,
        is_provisional=receipt.provisional,
        is_settled=not receipt.provisional,
    )
