"""What the machine offers, for defaults that follow it."""

import os
from pathlib import Path

# cgroup v2: the limit of the container we run in, in bytes, or the word "max".
CGROUP_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


def processors() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0))


def half_of_memory_bytes() -> int:
    """Half of the memory that this container or machine has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(total, _container_limit_bytes() or total) // 2


def _container_limit_bytes() -> int | None:
    try:
        text = CGROUP_MEMORY_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
