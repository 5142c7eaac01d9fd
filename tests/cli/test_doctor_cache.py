"""`doctor` looks at every server of a memcached: the service itself would do without."""

import re
from pathlib import Path

from tests.cli.command import run
from tests.memcached import running_memcached


def test_doctor_names_each_memcached_and_the_one_that_is_missing(tmp_path: Path) -> None:
    with running_memcached() as living, running_memcached() as dead:
        servers = f"memcached://{living.address},{dead.address}"
        well = run(tmp_path, "doctor", CACHE_URL=servers)
        dead.kill()
        ill = run(tmp_path, "doctor", CACHE_URL=servers)

    assert well.code == 0, well.out
    line = rf"^ok   cache +memcached, {living.address} [\d.]+, {dead.address} [\d.]+$"
    assert re.search(line, well.out, re.MULTILINE), well.out
    assert ill.code == 1
    reason = f"memcached at {dead.address} does not answer: [Errno 111] Connection refused"
    assert re.search(rf"^bad  cache .*{re.escape(reason)}$", ill.out, re.MULTILINE), ill.out
