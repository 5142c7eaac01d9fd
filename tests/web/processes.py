"""A server and its children as the system sees them: process ids and resident memory."""

import resource
import time
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory of the whole family."""
    return sum(_resident_pages(member) for member in family(pid)) * resource.getpagesize()


def settled_resident_bytes(pid: int, *, at_most: float, seconds: float) -> int:
    """Resident memory as soon as it is small enough, else what it is after `seconds`."""
    ends_at = time.monotonic() + seconds
    while (found := resident_bytes(pid)) > at_most and time.monotonic() < ends_at:
        time.sleep(0.2)
    return found


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None  # it ended while we looked


def _resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
