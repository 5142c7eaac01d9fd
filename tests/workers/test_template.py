"""The template and its children as the system sees them: warm, alike and confined."""

import asyncio
import os
import resource
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from imgproxy_py.workers.forked import Child
from imgproxy_py.workers.forking import ChildSettings
from imgproxy_py.workers.frames import Kind
from imgproxy_py.workers.nursery import Nursery
from tests.waiting import until
from tests.workers.processes import (
    is_running,
    private_bytes,
    resident_bytes,
    state,
    threads,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = ChildSettings(allowance_bytes=100 << 20, max_memory_bytes=200 << 20)
SECRET = "IMGPROXY_PY_SECRET_KEYS"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET, "c2VjcmV0LXNlY3JldC1zZWNyZXQ")
        patch.setenv("NUMBA_CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", ""))
        running = Nursery()
        child = await running.child(SETTINGS)
        child.kill()
    yield running
    await running.close()


@pytest_asyncio.fixture(loop_scope="module")
async def child(nursery: Nursery) -> AsyncIterator[Child]:
    born = await nursery.child(SETTINGS)
    yield born
    born.kill()


async def test_the_template_has_one_thread_whatever_its_children_do(
    nursery: Nursery, child: Child
) -> None:
    assert nursery.template_pid is not None
    assert threads(nursery.template_pid) == 1


async def test_a_child_is_there_many_times_sooner_than_its_template(nursery: Nursery) -> None:
    other = Nursery()
    template_seconds, *children_seconds = [await seconds_of_a_birth(other) for _ in range(4)]
    await other.close()

    # The quickest: a birth that had to wait for a busy processor tells nothing of its work.
    assert min(children_seconds) < template_seconds / 5


async def seconds_of_a_birth(nursery: Nursery) -> float:
    started_at = time.perf_counter()
    child = await nursery.child(SETTINGS)
    took = time.perf_counter() - started_at
    child.kill()
    return took


async def test_children_share_the_memory_of_their_template(child: Child) -> None:
    # A fifth is ample: measured, a child at rest has 1 MB of its own and 60 MB in common.
    assert private_bytes(child.pid) < resident_bytes(child.pid) / 5


async def test_no_setting_of_the_server_stands_in_an_engine_process(
    nursery: Nursery, child: Child
) -> None:
    for pid in (nursery.template_pid, child.pid):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"IMGPROXY_PY" not in environment
        assert b"OPENBLAS_NUM_THREADS=1" in environment


async def test_a_child_has_its_own_session_no_core_file_and_limited_memory(child: Child) -> None:
    assert os.getsid(child.pid) == child.pid
    assert resource.prlimit(child.pid, resource.RLIMIT_CORE) == (0, 0)
    mapped = resource.prlimit(child.pid, resource.RLIMIT_AS)[0]
    assert 2 * SETTINGS.max_memory_bytes < mapped < (4 << 30)


async def test_a_child_holds_its_own_socket_and_nothing_of_its_siblings(
    nursery: Nursery, child: Child
) -> None:
    younger = await nursery.child(SETTINGS)
    links = links_of(younger.pid)
    younger.kill()

    beyond_the_standard_three = [str(link) for link in links if "/dev/" not in str(link)]
    assert len([link for link in beyond_the_standard_three if link.startswith("socket:")]) == 1
    assert not [link for link in links if "pidfd" in str(link)]


def links_of(pid: int) -> list[Path]:
    """What its descriptors stand for, but for those that it closes meanwhile."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(link.readlink())
    return found


async def test_a_child_in_the_background_runs_only_when_nobody_else_wants_to(
    nursery: Nursery, child: Child
) -> None:
    settings = ChildSettings(allowance_bytes=1, max_memory_bytes=200 << 20, is_background=True)
    idle = await nursery.child(settings)
    policies = [os.sched_getscheduler(pid) for pid in (idle.pid, child.pid)]
    group = Path(f"/proc/{idle.pid}/autogroup")
    nice = group.read_text() if group.exists() else "nice 19"
    idle.kill()

    assert policies == [os.SCHED_IDLE, os.SCHED_OTHER]
    assert nice.strip().endswith("nice 19")


async def test_a_killed_child_is_known_to_be_dead_and_leaves_no_zombie(nursery: Nursery) -> None:
    born = await nursery.child(SETTINGS)
    os.kill(born.pid, signal.SIGKILL)

    await until(lambda: not born.is_alive)
    await until(lambda: not is_running(born.pid))
    born.kill()


async def test_killing_a_dead_child_hits_nobody(nursery: Nursery) -> None:
    born = await nursery.child(SETTINGS)
    born.kill()
    await until(lambda: not is_running(born.pid))

    born.kill()
    born.hold_up()
    born.go_on()

    assert not born.is_alive


async def test_a_child_that_is_held_up_stands_still_until_it_may_go_on(nursery: Nursery) -> None:
    born = await nursery.child(SETTINGS)
    born.hold_up()
    await until(lambda: state(born.pid) == "T")
    assert born.is_alive
    born.go_on()
    await until(lambda: state(born.pid) != "T")
    born.kill()


async def test_a_child_whose_caller_has_gone_is_ended_and_the_template_lives(
    nursery: Nursery,
) -> None:
    template_pid = nursery.template_pid
    birth = asyncio.create_task(nursery.child(SETTINGS))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    birth.cancel()
    await asyncio.gather(birth, return_exceptions=True)

    next_one = await nursery.child(SETTINGS)
    listed = f"/proc/{template_pid}/task/{template_pid}/children"
    await until(lambda: Path(listed).read_text().split() == [str(next_one.pid)])
    next_one.kill()


async def test_children_die_with_their_template_and_the_next_has_another(
    nursery: Nursery,
) -> None:
    orphan = await nursery.child(SETTINGS)
    before = nursery.template_pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: not orphan.is_alive)

    born = await nursery.child(SETTINGS)

    assert nursery.template_pid != before
    assert born.is_alive
    for child in (orphan, born):
        child.kill()


async def test_a_child_ends_in_peace_when_its_socket_is_closed(nursery: Nursery) -> None:
    born = await nursery.child(SETTINGS)

    await born.send(Kind.GRANTED)  # not a job: it goes on listening
    assert born.is_alive
    born._sock.close()

    await until(lambda: not is_running(born.pid))
    born.kill()
