"""Where things will be kept, and whether they can be, found out without leaving anything behind."""

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit


def nearest_folder(path: Path) -> Path:
    """`path`, or the closest folder above it that exists."""
    path = path.absolute()
    return next(above for above in (path, *path.parents) if above.exists())


def check_writable(folder: Path) -> None:
    """Raises OSError where `folder` cannot be written in, or cannot be made.

    By writing: permission bits say yes to root on a read-only file system and in /proc.
    """
    with TemporaryDirectory(dir=nearest_folder(folder), prefix=".imgproxy-py-"):
        pass


def missing_path(url: str) -> Path | None:
    """The file of a `sqlite:///` or the folder of a `file://` URL that is not there yet.

    None for what is there already and for all that is no path on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # SQLAlchemy's form: the path follows three slashes and is not escaped.
        name = url.removeprefix("sqlite:///").partition("?")[0]
    else:
        name = unquote(parts.path) if parts.scheme == "file" else ""
    if name in ("", ":memory:") or Path(name).exists():
        return None
    return Path(name)
