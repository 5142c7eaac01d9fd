"""`doctor` looks at every server of a memcached: the service itself would do without."""

import re
from pathlib import Path

from tests.cli.command import run
from tests.memcached import running_memcached


def test_doctor_names_each_memcached_and_all_that_are_missing(tmp_path: Path) -> None:
    with running_memcached() as living, running_memcached() as dead:
        servers = f"memcached://{living.address},{dead.address}"
        well = run(tmp_path, "doctor", CACHE_URL=servers)
        dead.kill()
        ill = run(tmp_path, "doctor", CACHE_URL=servers)
        living.kill()
        gone = run(tmp_path, "doctor", CACHE_URL=servers)

    assert well.code == 0, well.out
    line = rf"^ok   cache +memcached, {living.address} [\d.]+, {dead.address} [\d.]+$"
    assert re.search(line, well.out, re.MULTILINE), well.out
    first, second = (
        f"memcached at {server.address} does not answer: [Errno 111] Connection refused"
        for server in (living, dead)
    )
    assert (ill.code, gone.code) == (1, 1)
    assert f"bad  cache        Unreachable: {second}\n" in ill.out
    assert f"bad  cache        Unreachable: {first}; {second}\n" in gone.out
