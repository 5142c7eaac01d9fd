"""Where a HEIF file's items lie (ISO/IEC 14496-12, 8.11.3), with one item more and all moved."""

from imgproxy_py.engine.strip.boxes import Box
from imgproxy_py.engine.unstrippable import NotStrippableError


def with_item(
    data: bytes,
    iloc: Box,
    number: int,
    *,
    length: int,
    offset: int = 0,
    moved_from: int = 0,
    moved: int = 0,
) -> bytes:
    """The content of the iloc box: offsets from `moved_from` on are larger by `moved`.

    The new item `number` is one extent of `length` bytes at `offset`. Raises NotStrippableError
    where an offset does not fit.
    """
    table = _Table(data, iloc, moved_from=moved_from, moved=moved)
    count = table.copied(table.wide, add=1) - 1
    for _ in range(count):
        table.copy_item()
    table.append_item(number, offset=offset, length=length)
    return bytes(table.written)


class _Table:
    """Numbers copied one after the other; `written` is what has been written so far."""

    def __init__(self, data: bytes, iloc: Box, *, moved_from: int, moved: int) -> None:
        self._data, self._at, self._end = data, iloc.start, iloc.end
        self._moved_from, self._moved = moved_from, moved
        self.written = bytearray()
        self._version = self.copied(4) >> 24
        sizes = self.copied(2)
        self._offset, self._length, self._base, index = (sizes >> s & 15 for s in (12, 8, 4, 0))
        self._index = index if self._version else 0
        self.wide = 2 if self._version < 2 else 4
        if not self._offset or not self._length:
            raise NotStrippableError("offsets or lengths that are left out")

    def copied(self, width: int, *, add: int = 0) -> int:
        """The next number, which is written with `add` added, as it then is."""
        if self._at + width > self._end:
            raise NotStrippableError("a box is cut")
        value = int.from_bytes(self._data[self._at : self._at + width], "big") + add
        self._at += width
        self._write(value, width)
        return value

    def copy_item(self) -> None:
        self.copied(self.wide)
        method = self.copied(2) & 15 if self._version else 0
        self.copied(2)  # data_reference_index: this file
        is_moved = method == 0
        base = self._peek(self._base)
        moves_base = is_moved and base >= self._moved_from > 0
        self.copied(self._base, add=self._moved if moves_base else 0)
        for _ in range(self.copied(2)):
            self.copied(self._index)
            start = base + self._peek(self._offset)
            moves = is_moved and not moves_base and start >= self._moved_from
            self.copied(self._offset, add=self._moved if moves else 0)
            if self.copied(self._length) == 0:
                raise NotStrippableError("an item that ends where the file ends")

    def append_item(self, number: int, *, offset: int, length: int) -> None:
        self._write(number, self.wide)
        self._write(0, 2 if self._version else 0)  # construction_method: in this file
        self._write(0, 2)
        self._write(0, self._base)
        self._write(1, 2)
        self._write(0, self._index)
        self._write(offset, self._offset)
        self._write(length, self._length)

    def _peek(self, width: int) -> int:
        return int.from_bytes(self._data[self._at : self._at + width], "big")

    def _write(self, value: int, width: int) -> None:
        try:
            self.written += value.to_bytes(width, "big")
        except OverflowError as error:
            raise NotStrippableError("an offset that does not fit") from error
