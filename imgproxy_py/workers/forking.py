"""What the server and the template say to each other: a request for a child, and the child.

    server → template   ChildSettings, with the child's end of its socket
    template → server   the child's process id, with a descriptor of the process (pidfd_open(2))

One packet each, over a Unix socket that keeps packets whole. The template's first packet says
that it is ready.
"""

import socket
from dataclasses import dataclass

import msgspec

# A request and its reply are a few dozen bytes.
_PACKET_BYTES = 4096
READY = b"ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSettings:
    """`is_background`: it works only on processor time that nobody else wants."""

    allowance_bytes: int
    max_memory_bytes: int
    is_background: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """A child as its parent sees it. The descriptor means this process for ever, the id does not:
    once a dead child has been reaped, its id may belong to somebody else."""

    pid: int
    pidfd: int


def send_request(control: socket.socket, settings: ChildSettings, descriptor: int) -> None:
    socket.send_fds(control, [msgspec.msgpack.encode(settings)], [descriptor])


def receive_request(control: socket.socket) -> tuple[ChildSettings, int] | None:
    """The next request and its descriptor; None when the server has gone."""
    packet, descriptors, _, _ = socket.recv_fds(control, _PACKET_BYTES, 1)
    if not packet:
        return None
    return msgspec.msgpack.decode(packet, type=ChildSettings), descriptors[0]


def send_reply(control: socket.socket, forked: Forked | None) -> None:
    """`None` says that the system let no child be forked."""
    if forked is None:
        control.send(msgspec.msgpack.encode(0))
    else:
        socket.send_fds(control, [msgspec.msgpack.encode(forked.pid)], [forked.pidfd])


def receive_reply(control: socket.socket) -> Forked | None:
    """What `send_reply` sent; EOFError when the template has gone."""
    packet, descriptors, _, _ = socket.recv_fds(control, _PACKET_BYTES, 1)
    if not packet:
        raise EOFError("the template has gone")
    if not descriptors:
        return None
    return Forked(pid=msgspec.msgpack.decode(packet, type=int), pidfd=descriptors[0])
