"""What the pool and a child say to each other, over one Unix stream socket.

A frame is a kind (1 byte), the lengths of its two parts (4 bytes each, big-endian), a MessagePack
part and a raw part. The raw part carries encoded pictures that are not small, so that they are not
copied into another encoding.

    pool → child   JOB (with the source's descriptor), ARRIVED, ENDED, FAILED, GRANTED
    child → pool   READY, NEEDS_MEMORY, CANDIDATE, DONE, META, VERIFIED, ERROR
"""

import enum
import struct
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized

HEADER = struct.Struct(">BII")
# A frame beyond this is a child gone wrong, not a picture.
MAX_FRAME_BYTES = 1 << 30
# Copying this much costs less than making the value anew on both sides.
SMALL_BYTES = 32 * 1024


class Kind(enum.IntEnum):
    JOB = 1
    ARRIVED = 2  # so many bytes of the source are there
    ENDED = 3  # the source is complete
    FAILED = 4  # the source will never be complete
    GRANTED = 5  # the memory asked for may be used
    READY = 10
    NEEDS_MEMORY = 11
    CANDIDATE = 12
    DONE = 13
    META = 14
    ERROR = 15
    VERIFIED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessage:
    """A job, and how much of its source is there: all of it when `is_complete`."""

    job: Job
    available_bytes: int
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessage:
    """An engine error on its way to the requester: its code finds the class again."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Frame:
    kind: Kind
    body: bytes | memoryview
    raw: bytes | memoryview


def encode(kind: Kind, body: object = None, raw_bytes: int = 0) -> bytes:
    """The head and the MessagePack part of a frame; the caller sends the raw part itself."""
    packed = b"" if body is None else _encoder.encode(body)
    return HEADER.pack(kind, len(packed), raw_bytes) + packed


def parted(optimized: Optimized) -> tuple[Optimized, bytes]:
    """A result as it travels, and its raw part: the bytes where they are not small."""
    if len(optimized.data) <= SMALL_BYTES:
        return optimized, b""
    return replace(optimized, data=b""), optimized.data


def rejoined(frame: Frame) -> Optimized:
    """What was `parted`."""
    optimized: Optimized = decode(frame.body, Optimized)
    return replace(optimized, data=bytes(frame.raw)) if frame.raw else optimized


def decode(body: bytes | memoryview, of: type[Any]) -> Any:
    """The MessagePack part as a value of `of`."""
    decoder = _decoders.get(of)
    if decoder is None:
        decoder = _decoders[of] = msgspec.msgpack.Decoder(of)
    return decoder.decode(body)


_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}
