"""Single bits of a byte string, most significant first."""


class BitReader:
    """Reads past the end give zeros: a cut header yields odd numbers, never an error."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, count: int) -> int:
        """An unsigned number of `count` bits."""
        value = 0
        for _ in range(count):
            byte = self._data[self._at >> 3] if self._at >> 3 < len(self._data) else 0
            value = value << 1 | (byte >> (7 - (self._at & 7)) & 1)
            self._at += 1
        return value

    def flag(self) -> bool:
        return self.number(1) == 1
