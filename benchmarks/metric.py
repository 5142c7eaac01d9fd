"""What a score costs: processor time for each megapixel, beside libvips decoding the same JPEG.

`python -m benchmarks.metric` prints medians; each round measures decoding, preparing and scoring
one after the other, so that a busy machine slows all of them alike. Start-up is measured in
processes of their own: some that load what numba kept, and one that compiles everything.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyvips

from imgproxy_py.engine.metric import Reference, TiledReference, warm
from tests import pictures

Bytes = npt.NDArray[np.uint8]

_SIZES = ((160, 120), (500, 333), (1500, 1000), (4000, 3000))
_TILED_ABOVE_PIXELS = 6_000_000
_START = """
import time
from imgproxy_py.engine.metric import warm
warm()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(time.process_time(), int(status["VmRSS"].split()[0]) / 1024)
"""


def main() -> None:
    print(
        "         size  kind       decode  prepare    score  (ms of processor time per megapixel)"
    )
    warm()
    for width, height in _SIZES:
        pixels = _pixels(pictures.landscape(width, height))
        _print_row(pixels, "RGB")
        if width * height < _TILED_ABOVE_PIXELS:
            _print_row(pixels[:, :, 1:2].copy(), "gray")
            alpha = np.full((height, width, 1), 200, np.uint8)
            _print_row(np.concatenate([pixels, alpha], axis=2), "RGBA")
    with tempfile.TemporaryDirectory() as empty_cache:
        kept, compiled = _start(None), _start(empty_cache)
    print(f"start: {kept[0]:.2f} s of processor time from the cache, {compiled[0]:.2f} s compiling")
    print(f"memory at the start: {kept[1]:.0f} MB from the cache, {compiled[1]:.0f} MB compiling")


def _print_row(pixels: Bytes, kind: str) -> None:
    height, width = pixels.shape[:2]
    megapixels = width * height / 1e6
    is_tiled = width * height > _TILED_ABOVE_PIXELS
    made = TiledReference if is_tiled else Reference
    jpeg = _jpeg(pixels)
    candidate = pixels.copy()
    candidate[:, :, : min(pixels.shape[2], 3)] ^= 3
    reference = made.of(pixels)
    calls: list[Callable[[], object]] = [
        lambda: _pixels(pyvips.Image.new_from_buffer(jpeg, "")),
        lambda: made.of(pixels),
        lambda: reference.score(candidate),
    ]
    if isinstance(reference, TiledReference):
        calls.append(lambda: reference.confirm(candidate))
    costs = [cost / megapixels for cost in _medians(calls, rounds=5 if is_tiled else 15)]
    confirming = f"   confirming: {costs[3]:.1f}" if is_tiled else ""
    row = "".join(f"{cost:9.1f}" for cost in costs[:3])
    print(f"{width:6d}x{height:<5d}  {kind:8s}{row}{confirming}")


def _medians(calls: list[Callable[[], object]], *, rounds: int) -> list[float]:
    """Milliseconds of processor time of each call, the calls taking turns."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, times in zip(calls, taken, strict=True):
            before = time.process_time()
            call()
            times.append((time.process_time() - before) * 1e3)
    return [statistics.median(times) for times in taken]


def _start(cache: str | None) -> list[float]:
    """Processor seconds and megabytes of a fresh process that becomes ready to score."""
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    command = [sys.executable, "-c", _START]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        for _ in range(1 if cache else 5)
    ]
    numbers = [[float(word) for word in run.stdout.split()] for run in runs]
    return [statistics.median(column) for column in zip(*numbers, strict=True)]


def _jpeg(pixels: Bytes) -> bytes:
    image = pyvips.Image.new_from_array(pixels[:, :, : 3 if pixels.shape[2] > 2 else 1])
    data: bytes = image.jpegsave_buffer(Q=85)
    return data


def _pixels(image: pyvips.Image) -> Bytes:
    return np.ascontiguousarray(image.numpy())


if __name__ == "__main__":
    main()
