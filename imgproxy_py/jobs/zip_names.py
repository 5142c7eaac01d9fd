"""File names inside a ZIP: clean, unique, and nothing but names on any system.

An entry named `../../etc/cron.d/x` or `C:\\autoexec.bat` writes where it likes when an unpacker is
careless ("zip slip"), and two entries of one name overwrite each other.
"""

import unicodedata

from imgproxy_py.sources.filename import MAX_FILENAME_BYTES, clean_filename

DEFAULT_STEM = "image"
# Names of devices in Windows, with any extension ("Naming Files, Paths, and Namespaces").
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)


class ZipNames:
    """Gives each file of one archive its name; the same files in the same order get the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last_numbers: dict[str, int] = {}

    def unique(self, filename: str, *, extension: str) -> str:
        """`photo.png` with the extension `webp` is `photo.webp`, the next one `photo-2.webp`."""
        stem = safe_stem(filename)
        name = _joined(stem, extension)
        first = _folded(name)
        number = self._last_numbers.get(first, 1)
        while _folded(name) in self._taken:
            number += 1
            name = _joined(stem, extension, suffix=f"-{number}")
        self._last_numbers[first] = number
        self._taken.add(_folded(name))
        return name


def safe_stem(filename: str) -> str:
    """Without its extension and its folders; never empty, and no device's name."""
    name = clean_filename(filename) or DEFAULT_STEM
    stem = (name.rpartition(".")[0] or name).strip(" .") or DEFAULT_STEM
    is_device = stem.partition(".")[0].strip().lower() in _DEVICES
    return f"_{stem}" if is_device else stem


def _joined(stem: str, extension: str, *, suffix: str = "") -> str:
    """At most what file systems store, in UTF-8."""
    tail = f"{suffix}.{extension}"
    room = MAX_FILENAME_BYTES - len(tail.encode())
    return stem.encode()[:room].decode(errors="ignore") + tail


def _folded(name: str) -> str:
    """Systems that do not tell A from a, or two spellings of an accent, see one name in both."""
    return unicodedata.normalize("NFC", name.casefold())
