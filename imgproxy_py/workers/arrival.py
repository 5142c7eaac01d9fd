"""How much of a source is there, as the pool tells it while the child already decodes."""

import threading
from collections.abc import Callable

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.workers import frames
from imgproxy_py.workers.channel import Channel
from imgproxy_py.workers.frames import Frame, Kind


class Arrival:
    """Listens on the channel only when somebody needs more than is known to be there.

    The engine's thread and the threads that feed libvips may ask at once: one of them listens,
    the others sleep until it has heard something. The pool ends every arriving source with
    exactly one ENDED or FAILED, so `finish` leaves the channel clean for the next job.
    """

    def __init__(self, channel: Channel, *, available_bytes: int, is_complete: bool) -> None:
        self._channel = channel
        self._available_bytes = available_bytes
        self._has_ended = is_complete
        self._has_failed = False
        self._is_granted = False
        self._is_listening = False
        self._news = threading.Condition()

    def wait_for(self, count: int) -> int:
        """Block until `count` bytes are there or the source has ended; give how many there are."""
        self._listen_until(lambda: self._available_bytes >= count or self._has_ended)
        if self._has_failed:
            raise BrokenImage("the source ended before it was complete")
        return self._available_bytes

    def wait_until_granted(self) -> None:
        self._listen_until(lambda: self._is_granted)

    def finish(self) -> None:
        """Hear the source out, so that no late news is taken for the next job's."""
        self._listen_until(lambda: self._has_ended)

    def _listen_until(self, is_enough: Callable[[], bool]) -> None:
        with self._news:
            while not is_enough():
                if self._is_listening:
                    self._news.wait()
                    continue
                self._is_listening = True
                self._news.release()
                try:
                    frame = self._channel.receive()
                finally:
                    self._news.acquire()
                    self._is_listening = False
                self._take(frame)
                self._news.notify_all()

    def _take(self, frame: Frame | None) -> None:
        if frame is None:
            raise SystemExit  # the pool has gone, and nobody waits for this result
        match frame.kind:
            case Kind.ARRIVED:
                self._available_bytes = frames.decode(frame.body, int)
            case Kind.ENDED:
                self._available_bytes = frames.decode(frame.body, int)
                self._has_ended = True
            case Kind.GRANTED:
                self._is_granted = True
            case _:
                self._has_ended = self._has_failed = True
