"""Why forking is safe, and that nothing survives the server: looked at from outside."""

import os
import subprocess
import sys

from tests.waiting import eventually
from tests.workers.processes import has_ended


def test_the_template_runs_no_operation_of_libvips_before_it_forks() -> None:
    trace = "import pyvips; pyvips.cache_set_trace(True)"

    done = prepared(trace)
    contrast = prepared(trace, "pyvips.Image.black(4, 4)")

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "black" in contrast.stdout


def test_a_template_with_a_second_thread_refuses_to_be_one() -> None:
    sleeper = "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True)"

    done = prepared(f"{sleeper}.start()")

    assert done.returncode == 1
    assert "1 threads run in the template: it cannot be forked" in done.stderr


def test_nothing_is_left_of_a_server_that_was_killed() -> None:
    script = (
        "import asyncio, os\n"
        "from imgproxy_py.workers.nursery import Nursery\n"
        "from tests.workers.test_template import SETTINGS\n"
        "async def main():\n"
        "    nursery = Nursery()\n"
        "    child = await nursery.child(SETTINGS)\n"
        "    print(nursery.template_pid, child.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pids = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()

    assert len(pids) == 2
    assert eventually(lambda: all(map(has_ended, pids)))


def prepared(before: str = "", after: str = "") -> subprocess.CompletedProcess[str]:
    """The template's preparation in a process of its own, with statements round it."""
    script = f"from imgproxy_py.workers import template\n{before}\ntemplate.prepare()\n{after}"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
