"""wrk, the load generator: one short run of it as a value."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# wrk calls `done` once at the end, with microseconds. A table of paths is asked one after the
# other; each of wrk's connections goes through it by itself.
_SCRIPT = """
local paths = {%(paths)s}
local at = 0
if #paths > 0 then
  function request()
    at = at %% #paths + 1
    return wrk.format(nil, paths[at])
  end
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\nresult {"requests": %%d, "microseconds": %%d, "median": %%d, "p99": %%d, "failed": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Latencies in milliseconds."""

    requests: int
    per_second: float
    median_ms: float
    p99_ms: float


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def require_wrk() -> None:
    """SystemExit with the remedy where there is no wrk."""
    if not has_wrk():
        raise SystemExit("wrk is not installed: apt-get install wrk")


def run_wrk(
    url: str,
    *,
    connections: int,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    paths: Sequence[str] = (),
) -> Run:
    """Ask for `url`, or for each of `paths` in turn, from one thread on kept-alive connections.

    RuntimeError when an answer was an error (status 400 and above) or did not come.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ", ".join(json.dumps(path) for path in paths)
        script.write(_SCRIPT % {"paths": listed})
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        told = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    found = json.loads(told.partition("\nresult ")[2])
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} requests to {Path(url).name} failed:\n{told}")
    return Run(
        requests=found["requests"],
        per_second=found["requests"] / found["microseconds"] * 1e6,
        median_ms=found["median"] / 1000,
        p99_ms=found["p99"] / 1000,
    )
