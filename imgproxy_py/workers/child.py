"""The child's side: take a job, run the engine, send what it found. One job at a time.

Forked from the template, with an environment that holds no secret: this process reads hostile
pictures. It knows no network and no path.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import socket

from imgproxy_py.engine.errors import BrokenImage, EngineError, ImageTooLarge
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.optimize import optimize
from imgproxy_py.engine.result import Meta, Optimized
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.engine.verify import verify
from imgproxy_py.workers import frames
from imgproxy_py.workers.arrival import Arrival
from imgproxy_py.workers.channel import Channel
from imgproxy_py.workers.forking import ChildSettings
from imgproxy_py.workers.frames import ErrorMessage, JobMessage, Kind

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h
_libc = ctypes.CDLL(None)


def serve(sock: socket.socket, settings: ChildSettings) -> None:
    """Work for whoever holds the other end of `sock`, until that is closed."""
    _confine(settings.max_memory_bytes)
    if settings.is_background:
        _stand_back()
    else:
        _let_answers_through()
    channel = Channel(sock)
    inherited_bytes = _own_bytes()
    channel.send(Kind.READY)
    while (frame := channel.receive()) is not None:
        if frame.kind is Kind.JOB:
            _work(channel, frames.decode(frame.body, JobMessage), settings.allowance_bytes)
            _give_memory_back(inherited_bytes)


def die_with(parent_pid: int) -> None:
    """End this process, at work or not, as soon as its parent has ended (prctl(2))."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before we could say so
        raise SystemExit


def _confine(max_memory_bytes: int) -> None:
    """A session and a name of its own, no core file, and never more mapped than the job may use."""
    os.setsid()
    _libc.prctl(PR_SET_NAME, b"engine-child")  # what top and ps call it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm", "rb") as statm:
        mapped_pages = int(statm.read().split()[0])
    # Address space counts thread stacks and mapped sources too: leave room beside the pixels.
    limit = mapped_pages * resource.getpagesize() + 2 * max_memory_bytes + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # Where memory runs out all the same, one picture ends and not the server.
    _tell_system("/proc/self/oom_score_adj", b"500")


def _let_answers_through() -> None:
    """Whoever is not making a picture comes first: the web process, which answers hits meanwhile.

    It counts only while processors are short. See `_stand_back` for the second line.
    """
    os.nice(NICENESS)
    _tell_system("/proc/self/autogroup", b"%d" % NICENESS)


def _stand_back() -> None:
    """Run only when nobody else wants the processor.

    Kernels that group processes by session (sched(7), autogroup) weigh the groups first, and
    priorities count only inside of one: our group has to stand back too.
    """
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _tell_system("/proc/self/autogroup", b"19")


def _tell_system(path: str, value: bytes) -> None:
    with contextlib.suppress(OSError):  # not every kernel and container has it
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, value)
        finally:
            os.close(descriptor)


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
        if message.job.verify_from is None:
            _send_answer(
                channel, optimize(message.job, source, keep=keep, admit=admit, on_drawn=_end_limit)
            )
        else:
            channel.send(Kind.VERIFIED, verify(message.job, source, admit=admit))
    except (EngineError, MemoryError, OSError) as error:
        channel.send(Kind.ERROR, _message_of(error))
    finally:
        _end_limit()
        arrival.finish()
        os.close(fd)


def _message_of(error: EngineError | MemoryError | OSError) -> ErrorMessage:
    match error:
        case EngineError():
            return ErrorMessage(code=error.code, message=str(error))
        case MemoryError():
            text = "the picture needs more memory than this server gives to one picture"
            return ErrorMessage(code=ImageTooLarge.code, message=text)
        case OSError():
            text = f"the picture could not be read: {error.strerror}"
            return ErrorMessage(code=BrokenImage.code, message=text)


def _limit_processor_time(source: SourceBytes) -> None:
    """An SVG is a program: 200 bytes of filters or 350 KB of selectors draw for minutes.

    What is left of such a picture when its time is up is a dead child, which is replaced.
    """
    if sniff(source.head()) is ImageFormat.SVG:
        signal.setitimer(signal.ITIMER_PROF, MAX_SVG_CPU_SECONDS)


def _end_limit() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)


def _send_answer(channel: Channel, answer: Optimized | Meta) -> None:
    if isinstance(answer, Meta):
        channel.send(Kind.META, answer)
    else:
        _send_optimized(channel, Kind.DONE, answer)


def _send_optimized(channel: Channel, kind: Kind, optimized: Optimized) -> None:
    channel.send(kind, *frames.parted(optimized))


def _give_memory_back(inherited_bytes: int) -> None:
    """Freed pixels go back to the system now, not when the heap next grows (imgproxy#1246)."""
    if _own_bytes() > inherited_bytes + TRIM_ABOVE_BYTES:
        gc.collect()
        _libc.malloc_trim(0)


def _own_bytes() -> int:
    """Resident memory that is no file's: the heap, and what lies there of the template's."""
    with open("/proc/self/statm", "rb") as statm:
        _, resident, of_files, *_ = map(int, statm.read().split())
    return (resident - of_files) * resource.getpagesize()


# The dearest honest drawing of the test pictures takes one; encoding its result counts too.
MAX_SVG_CPU_SECONDS = 6.0
# A third of the web process's share of a processor that both want (sched(7): 335 to 1024).
NICENESS = 5
# An ordinary picture leaves a few megabytes of heap behind, which the next one uses.
TRIM_ABOVE_BYTES = 32 << 20
