"""Files that held what they are named for when they were read whole, known by what stat(2) says.

As long as a file is the same one, nobody has to hash it again to hand it over unread.
"""

import mmap
import os
from collections import OrderedDict

# A few hundred bytes each.
MAX_FILES = 8192


class Vetted:
    """What was read, least recently used first to go."""

    def __init__(self, max_files: int = MAX_FILES) -> None:
        self._max_files = max_files
        self._seen: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def note(self, name: str, fd: int) -> None:
        """The file at `fd` holds what `name` says."""
        self._seen[name] = _identity(fd)
        self._seen.move_to_end(name)
        if len(self._seen) > self._max_files:
            self._seen.popitem(last=False)

    def mapped(self, name: str, fd: int) -> mmap.mmap | None:
        """The bytes of the file at `fd`, mapped and not read; None where it is not the one that was
        noted."""
        seen = self._seen.get(name)
        if seen is None or seen != _identity(fd):
            return None
        self._seen.move_to_end(name)
        return mmap.mmap(fd, 0, access=mmap.ACCESS_READ)


def _identity(fd: int) -> tuple[int, ...]:
    """Reading changes none of these, writing all but the inode's number."""
    found = os.fstat(fd)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
