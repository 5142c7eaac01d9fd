"""Random access to a source's first bytes, and to later ones only where a header points there."""

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.source import SourceBytes


class HeaderReader:
    """Bytes by offset. The head is read once; the rest is fetched, and waited for, on demand."""

    def __init__(self, source: SourceBytes, head: bytes) -> None:
        self._source = source
        self.head = head

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, fewer at the end of the source."""
        end = offset + count
        if end <= len(self.head):
            return self.head[offset:end]
        return self._source.read_at(offset, count)

    def exactly(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`; raises BrokenImage where the source ends before."""
        data = self.at(offset, count)
        if len(data) < count:
            raise BrokenImage("the source image is damaged: it ends inside its header")
        return data
