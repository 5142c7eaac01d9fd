"""The child's end of the socket: blocking, with room for one descriptor."""

import socket

from imgproxy_py.workers.frames import HEADER, Frame, Kind, encode

_READ_BYTES = 65_536


class Channel:
    """Frames in, frames out. `receive` gives None when the pool has gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    def send(self, kind: Kind, body: object = None, raw: bytes = b"") -> None:
        head = encode(kind, body, len(raw))
        if len(raw) < _READ_BYTES:
            self._sock.sendall(head + raw)
        else:
            self._sock.sendall(head)
            self._sock.sendall(raw)

    def receive(self) -> Frame | None:
        while (frame := self._cut_frame()) is None:
            data, descriptors, _, _ = socket.recv_fds(self._sock, _READ_BYTES, 4)
            self._descriptors += descriptors
            if not data:
                return None
            self._buffer += data
        return frame

    def take_descriptor(self) -> int:
        """The descriptor that came with the last job."""
        return self._descriptors.pop(0)

    def _cut_frame(self) -> Frame | None:
        if len(self._buffer) < HEADER.size:
            return None
        kind, body_bytes, raw_bytes = HEADER.unpack_from(self._buffer)
        end = HEADER.size + body_bytes + raw_bytes
        if len(self._buffer) < end:
            return None
        frame = Frame(Kind(kind), bytes(self._buffer[HEADER.size : HEADER.size + body_bytes]), b"")
        del self._buffer[:end]
        return frame
