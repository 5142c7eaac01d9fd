"""Where results go: into a folder, over their sources, or all into one archive."""

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from imgproxy_py.cli.files import replace_file
from imgproxy_py.cli.originals import Originals, result_path
from imgproxy_py.cli.push.batch import Made, receipt_of
from imgproxy_py.cli.push.piece import Piece
from imgproxy_py.engine.formats import ImageFormat


class Place(Protocol):
    """Methods but `may_have` may wait for the disk: they are called in threads."""

    def may_have(self, piece: Piece, made: Made) -> bool:
        """Whether it is worth a thread to ask `has`."""
        ...

    def has(self, piece: Piece, made: Made) -> Path | None:
        """Where the result is without being fetched; None when it is not."""
        ...

    def keeps_source(self, piece: Piece, made: Made) -> bool:
        """Whether the file stays as it is because nothing is saved."""
        ...

    def put(self, piece: Piece, made: Made, data: bytes) -> Path:
        """Where a result that was fetched is now, or will be in the end. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPlace:
    """The tree once more below `folder`; none of `originals` is ever replaced."""

    folder: Path
    originals: Originals

    def may_have(self, piece: Piece, made: Made) -> bool:
        return self._path(piece, made).is_file()

    def has(self, piece: Piece, made: Made) -> Path | None:
        """An earlier run may have fetched it."""
        path, receipt = self._path(piece, made), receipt_of(made.receipt)
        if receipt is None or self.originals.holds(path) or not path.is_file():
            return None
        return path if sha256_of(path) == receipt.result_sha256 else None

    def keeps_source(self, piece: Piece, made: Made) -> bool:
        return False

    def put(self, piece: Piece, made: Made, data: bytes) -> Path:
        path = self._path(piece, made)
        self.originals.refuse(path)
        _write(path, data)
        return path

    def _path(self, piece: Piece, made: Made) -> Path:
        return result_path(piece.picture, self.folder, ImageFormat(made.format))


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """Results wait in `staging`, on the same disk, until all are there: a run that is broken off
    has changed nothing, so that the same command finds the same files and goes on."""

    staging: Path
    is_full_size: bool
    _staged: list[tuple[Piece, Path]] = field(default_factory=list)

    def may_have(self, piece: Piece, made: Made) -> bool:
        return False

    def has(self, piece: Piece, made: Made) -> Path | None:
        return None

    def keeps_source(self, piece: Piece, made: Made) -> bool:
        return self.is_full_size and made.result_bytes >= piece.size_bytes

    def put(self, piece: Piece, made: Made, data: bytes) -> Path:
        staged = self.staging / piece.sha256
        staged.write_bytes(data)
        self._staged.append((piece, staged))
        return piece.picture.path

    def replace_all(self) -> dict[str, str]:
        """Put every result in its source's place; faults by file name.

        What was changed in the meantime is its owner's business and stays.
        """
        faults = {}
        for piece, staged in self._staged:
            try:
                # A link stays a link, and the file that it leads to is replaced.
                target = piece.picture.path.resolve()
                if sha256_of(target) != piece.sha256:
                    faults[piece.filename] = "changed in the meantime; left as it is"
                else:
                    replace_file(target, staged.read_bytes())
            except OSError as error:
                faults[piece.filename] = error.strerror or str(error)
        return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipPlace:
    """The server makes the archive, so no result is fetched alone."""

    path: Path

    def may_have(self, piece: Piece, made: Made) -> bool:
        return True

    def has(self, piece: Piece, made: Made) -> Path | None:
        return self.path

    def keeps_source(self, piece: Piece, made: Made) -> bool:
        return False

    def put(self, piece: Piece, made: Made, data: bytes) -> Path:
        raise AssertionError("results of an archive are not fetched one by one")


def _write(path: Path, data: bytes) -> None:
    """As `replace_file`, but it does not wait for the disk: what a power cut damages is fetched
    again, since `has` looks at the hash. Where the sources themselves go, that would not do."""
    staged = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with _created(staged) as file:
            file.write(data)
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
        os.replace(staged, path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _created(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
