"""The limit of open files is raised as far as the system lets a process go."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from imgproxy_py.descriptors import WANTED, open_as_many_as_allowed


@contextmanager
def soft_limit(files: int) -> Iterator[int]:
    """The hard limit, while the soft one is `files`."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, before[1]))
    try:
        yield before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_low_limit_is_raised_as_far_as_the_system_allows() -> None:
    with soft_limit(300) as hard:
        allowed = open_as_many_as_allowed()
        now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert allowed == now == (WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard))
    assert allowed > 300


def test_the_hard_limit_stays_as_the_operator_set_it() -> None:
    with soft_limit(300) as hard:
        open_as_many_as_allowed()

        assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard
