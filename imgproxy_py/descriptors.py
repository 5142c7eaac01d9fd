"""How many files and connections this process may have open at a time (getrlimit(2))."""

import resource

# A batch's chunk holds fifty files open while it arrives, a connection one more. Systems give 1,024
# by default, for programs that still use select(2), and let every process raise that by itself.
WANTED = 65_536


def open_as_many_as_allowed() -> int:
    """Raise the soft limit to WANTED, or to the hard limit where that is lower; how many it is now.

    A limit that is higher already stays.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
