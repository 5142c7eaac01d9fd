"""The child's side: take a job, run the engine, send what it found. One job at a time.

Started as `python -m imgproxy_py.workers.child FD`, with an environment that holds no secret:
this process reads hostile pictures. It knows no network and no path.
"""

import ctypes
import gc
import os
import resource
import signal
import socket
import sys

from imgproxy_py import heap
from imgproxy_py.engine import vips
from imgproxy_py.engine.errors import BrokenImage, EngineError, ImageTooLarge
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.workers import frames
from imgproxy_py.workers.arrival import Arrival
from imgproxy_py.workers.channel import Channel
from imgproxy_py.workers.frames import ErrorMessage, JobMessage, Kind

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None)


def main() -> None:
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    allowance_bytes, max_memory_bytes = int(sys.argv[2]), int(sys.argv[3])
    _confine(max_memory_bytes)
    vips.set_up()
    heap.settle()
    channel.send(Kind.READY)
    while (frame := channel.receive()) is not None:
        if frame.kind is Kind.JOB:
            _work(channel, frames.decode(frame.body, JobMessage), allowance_bytes)
            _give_memory_back()


def _confine(max_memory_bytes: int) -> None:
    """Die with the parent, leave no core file, and never map more than the job may use."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm", "rb") as statm:
        mapped_pages = int(statm.read().split()[0])
    # Address space counts thread stacks and mapped sources too: leave room beside the pixels.
    limit = mapped_pages * resource.getpagesize() + 2 * max_memory_bytes + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _work(channel: Channel, message: JobMessage, allowance_bytes: int) -> None:
    fd = channel.take_descriptor()
    arrival = Arrival(
        channel, available_bytes=message.available_bytes, is_complete=message.is_complete
    )
    source = SourceBytes(fd, wait_for=None if message.is_complete else arrival.wait_for)

    def admit(needed_bytes: int) -> None:
        if needed_bytes > allowance_bytes:
            channel.send(Kind.NEEDS_MEMORY, needed_bytes)
            arrival.wait_until_granted()

    def keep(candidate: Optimized) -> None:
        _send_optimized(channel, Kind.CANDIDATE, candidate)

    try:
        _limit_processor_time(source)
        answer = optimize(message.job, source, keep=keep, admit=admit)
        if isinstance(answer, Meta):
            channel.send(Kind.META, answer)
        else:
            _send_optimized(channel, Kind.DONE, answer)
    except EngineError as error:
        channel.send(Kind.ERROR, ErrorMessage(code=error.code, message=str(error)))
    except MemoryError:
        text = "the picture needs more memory than this server gives to one picture"
        channel.send(Kind.ERROR, ErrorMessage(code=ImageTooLarge.code, message=text))
    except OSError as error:
        text = f"the picture could not be read: {error.strerror}"
        channel.send(Kind.ERROR, ErrorMessage(code=BrokenImage.code, message=text))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        arrival.finish()
        os.close(fd)


def _limit_processor_time(source: SourceBytes) -> None:
    """An SVG is a program: 200 bytes of filters or 350 KB of selectors draw for minutes.

    What is left of such a picture when its time is up is a dead child, which is replaced.
    """
    if sniff(source.head()) is ImageFormat.SVG:
        signal.setitimer(signal.ITIMER_PROF, MAX_SVG_CPU_SECONDS)


def _send_optimized(channel: Channel, kind: Kind, optimized: Optimized) -> None:
    channel.send(kind, frames.without_data(optimized), optimized.data)


def _give_memory_back() -> None:
    """Freed pixels go back to the system now, not when the heap next grows (imgproxy#1246)."""
    with open("/proc/self/statm", "rb") as statm:
        resident_bytes = int(statm.read().split()[1]) * resource.getpagesize()
    if resident_bytes > TRIM_ABOVE_BYTES:
        gc.collect()
        _libc.malloc_trim(0)


# The dearest honest drawing of the test pictures takes one; encoding its result counts too.
MAX_SVG_CPU_SECONDS = 6.0
# A child at rest, with its libraries loaded, is about 70 MB.
TRIM_ABOVE_BYTES = 96 << 20

if __name__ == "__main__":
    main()
