"""Where every picture of a push stands: decided here from what the server says, done elsewhere."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.cli.push.batch import Item, Known, Made, Taken, receipt_of
from imgproxy_py.cli.push.chunks import Chunk
from imgproxy_py.cli.push.piece import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One picture's end on the server: a result, or a fault in words. `number` is its place in the
    batch, None for a file that got none."""

    piece: Piece
    number: int | None = None
    made: Made | None = None
    fault: str | None = None


class Ledger:
    """`tries` counts by file name what came to nothing, so that a new try is known as one."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._by_name = {piece.filename: piece for piece in pieces}
        self._awaited: dict[str, tuple[int, Piece]] = {}
        self._to_send = dict.fromkeys(self._by_name)
        self.tries: Counter[str] = Counter()

    @property
    def to_send(self) -> frozenset[str]:
        """File names that the batch does not have."""
        return frozenset(self._to_send)

    @property
    def is_waiting(self) -> bool:
        return bool(self._awaited)

    def next_awaited(self, after: int) -> int | None:
        """The lowest number in the batch, above `after`, of what is awaited."""
        return min((n for n, _ in self._awaited.values() if n > after), default=None)

    def recall(self, known: Known, *, now: datetime) -> list[Ended]:
        """What an earlier run has left: gives what is made, and waits for what is being made.

        What failed or was rejected is sent again: whoever runs the command again means it.
        """
        self.tries.update(name for name in known.rejected if name in self._by_name)
        made = []
        for item in known.items:
            piece = self._by_name.get(item.filename)
            if piece is None:
                continue
            if not item.has_ended:
                self._wait_for(item.id, item.number, piece)
            elif item.made is not None and _is_good(item.made, piece, now):
                self._to_send.pop(piece.filename, None)
                made.append(Ended(piece=piece, number=item.number, made=item.made))
            else:
                self.tries[piece.filename] += 1
        # The same picture may have been made more than once: by two runs at the same time.
        return list({ended.piece.filename: ended for ended in made}.values())

    def note_taken(self, chunk: Chunk, taken: Taken) -> Iterator[Ended]:
        """Wait for the jobs of a chunk; gives its rejected files."""
        for index, piece in enumerate(chunk.pieces):
            self._to_send.pop(piece.filename, None)
            if index in taken.jobs:
                self._wait_for(*taken.jobs[index], piece)
            else:
                fault = taken.faults.get(index, "the server says nothing of this file")
                yield Ended(piece=piece, fault=fault)

    def note_items(self, items: Iterable[Item], *, now: datetime) -> Iterator[Ended]:
        """Gives those of the awaited that have ended; what is not ours or gone is sent again."""
        for item in items:
            if not item.has_ended or item.id not in self._awaited:
                continue
            _, piece = self._awaited.pop(item.id)
            if item.made is None:
                yield Ended(piece=piece, fault=item.fault or f"the job was {item.status}")
            elif _is_good(item.made, piece, now):
                yield Ended(piece=piece, number=item.number, made=item.made)
            else:
                self.send_again(piece)

    def send_again(self, piece: Piece) -> None:
        """Its result cannot be used."""
        self.tries[piece.filename] += 1
        self._to_send[piece.filename] = None

    def _wait_for(self, job_id: str, number: int, piece: Piece) -> None:
        self._awaited[job_id] = (number, piece)
        self._to_send.pop(piece.filename, None)


def _is_good(made: Made, piece: Piece, now: datetime) -> bool:
    """Whether it was made of these bytes and can still be had."""
    if made.expires_at is not None and made.expires_at <= now:
        return False
    receipt = receipt_of(made.receipt)
    return receipt is None or receipt.source_sha256 == piece.sha256
