"""What a command line asks for, checked before anything is read or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import click

from imgproxy_py.cli.files import Picture, find_pictures
from imgproxy_py.cli.originals import Originals, replaces
from imgproxy_py.jobs.batch_limits import MAX_FILES_IN_BATCH
from imgproxy_py.web.api.fields import read_fields
from imgproxy_py.web.api.form import ApiForm
from imgproxy_py.web.errors import RequestError
from options_grammar import Format, Options, OptionsError

DEFAULT_FOLDER = Path("optimized")


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where results go. Without a folder and an archive they replace their sources."""

    folder: Path | None = None
    archive: Path | None = None

    @property
    def is_in_place(self) -> bool:
        return self.folder is None and self.archive is None

    @classmethod
    def of(cls, *, output: Path | None, in_place: bool, archive: Path | None) -> Self:
        if sum((output is not None, in_place, archive is not None)) > 1:
            raise click.UsageError("give one of --output, --in-place and --zip")
        if in_place:
            return cls()
        return cls(archive=archive, folder=None if archive else output or DEFAULT_FOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which pictures, what to make of them, and where to put it."""

    pictures: tuple[Picture, ...]
    options: Options
    where: Where
    batch_id: str | None

    @classmethod
    def of(
        cls,
        *,
        paths: Sequence[str],
        fields: Mapping[str, str],
        where: Where,
        batch_id: str | None,
    ) -> Self:
        """Raises click.UsageError."""
        options = _options(fields)
        if where.is_in_place and options.format is not Format.AUTO:
            raise click.UsageError("--in-place keeps each file's format; leave the format away")
        pictures = _found(paths, where.folder)
        _spare_originals(pictures, where, options.format)
        return cls(pictures=tuple(pictures), options=options, where=where, batch_id=batch_id)


def server_address(url: str | None) -> str:
    """Without a slash at its end; raises click.UsageError."""
    if not url:
        raise click.UsageError("give the server's address with --url or in IMGPROXY_PY_URL")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError(f'--url is an address such as https://images.example, not "{url}"')
    return url.rstrip("/")


def _options(fields: Mapping[str, str]) -> Options:
    """Read as the server reads them, so that a mistake costs no upload."""
    try:
        read = read_fields(ApiForm(fields=fields), takes_source=False)
    except (OptionsError, RequestError) as error:
        raise click.UsageError(str(error)) from error
    for warning in read.warnings:
        click.echo(f"warning: {warning}", err=True)
    return read.options


def _found(paths: Sequence[str], folder: Path | None) -> list[Picture]:
    if any(path.startswith(("http://", "https://")) for path in paths):
        raise click.UsageError("push sends files; a server is asked for single URLs directly")
    try:
        found = find_pictures(paths, output=folder)
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no file or folder {error}") from error
    pictures = list({picture.name: picture for picture in reversed(found)}.values())[::-1]
    if not pictures:
        raise click.ClickException("no pictures found")
    if len(pictures) > MAX_FILES_IN_BATCH:
        raise click.UsageError(
            f"{len(pictures)} pictures are more than the {MAX_FILES_IN_BATCH} of one batch; "
            "name fewer folders at a time"
        )
    return pictures


def _spare_originals(pictures: Sequence[Picture], where: Where, asked: Format) -> None:
    originals = Originals.of(pictures)
    if where.folder and (lost := originals.first_replaced(pictures, where.folder, asked)):
        raise click.UsageError(replaces(lost))
    if where.archive is not None and originals.holds(where.archive):
        raise click.UsageError(f"the archive would replace the source {where.archive}")
