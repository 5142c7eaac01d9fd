"""How a push cuts and names what it sends, and what it makes of the server's answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from imgproxy_py.cli.files import Picture
from imgproxy_py.cli.push.batch import Item, Known, Taken
from imgproxy_py.cli.push.body import ChunkBody
from imgproxy_py.cli.push.chunks import Chunk, cut, default_batch_id
from imgproxy_py.cli.push.errors import PushError
from imgproxy_py.cli.push.ledger import Ended, Ledger
from imgproxy_py.cli.push.piece import Piece, read_piece, sent_names
from imgproxy_py.sources.filename import clean_filename

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def picture(name: str) -> Picture:
    return Picture(name=name, stem=Path(name).with_suffix(""))


def piece(name: str = "a.jpg", size_bytes: int = 10, sha256: str = "0" * 64) -> Piece:
    return Piece(
        picture=picture(name),
        filename=name,
        size_bytes=size_bytes,
        sha256=sha256,
        source_format=None,
    )


def pieces(count: int, size_bytes: int = 10) -> list[Piece]:
    return [piece(f"{number}.jpg", size_bytes) for number in range(count)]


def item(number: int, filename: str, status: str = "succeeded", **more: object) -> Item:
    result = {
        "optimized_url": f"https://images.example/prefix/results/r{number}",
        "original_size": 10,
        "optimized_size": 5,
        "format": "jpeg",
        "width": 1,
        "height": 1,
        "warnings": [],
        "expires_at": None,
        **more,
    }
    error = {"code": "broken_image", "message": "it is broken"}
    told: dict[str, Any] = {
        "id": f"job{number}",
        "number": number,
        "filename": filename,
        "status": status,
        "result": result if status == "succeeded" else None,
        "error": error if status == "failed" else None,
    }
    return Item.of(told)


def test_a_chunk_has_at_most_fifty_files() -> None:
    found = pieces(120)

    chunks = cut(found, options_of=dict.fromkeys(found, "full"))

    assert [len(chunk.pieces) for chunk in chunks] == [50, 50, 20]
    assert [one for chunk in chunks for one in chunk.pieces] == found


def test_a_chunk_has_at_most_so_many_bytes_and_a_larger_file_goes_alone() -> None:
    found = [*pieces(3, 40), piece("large.jpg", 500), piece("last.jpg", 1)]

    chunks = cut(found, options_of=dict.fromkeys(found, "full"), max_bytes=100)

    assert [[one.size_bytes for one in chunk.pieces] for chunk in chunks] == [
        [40, 40],
        [40],
        [500],
        [1],
    ]


def test_files_with_different_options_never_share_a_chunk() -> None:
    found = pieces(4)
    options_of = {each: f"format={'png' if at % 2 else 'jpeg'}" for at, each in enumerate(found)}

    chunks = cut(found, options_of=options_of)

    assert [(chunk.options, chunk.pieces) for chunk in chunks] == [
        ("format=jpeg", (found[0], found[2])),
        ("format=png", (found[1], found[3])),
    ]


def test_a_batch_is_named_after_its_files_whatever_their_order() -> None:
    found = pieces(3)
    name = default_batch_id(found, "full")

    assert default_batch_id(found[::-1], "full") == name
    assert len(name) == len("push-") + 32
    others = (
        default_batch_id(found[1:], "full"),
        default_batch_id(found, "100"),
        default_batch_id([replace(found[0], sha256="1" * 64), *found[1:]], "full"),
        default_batch_id([replace(found[0], filename="b.jpg"), *found[1:]], "full"),
    )
    assert len({name, *others}) == 5


def test_a_key_changes_with_everything_that_makes_a_request_another_one() -> None:
    chunk = Chunk(options="full", pieces=tuple(pieces(2)))
    key = chunk.key("batch", {})

    assert chunk.key("batch", {"of another file": 3}) == key
    others = (
        chunk.key("batch 2", {}),
        chunk.key("batch", {"0.jpg": 1}),
        replace(chunk, options="100").key("batch", {}),
        chunk.only({"0.jpg"}).key("batch", {}),
    )
    assert len({key, *others}) == 5


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        (["a/x.jpg", "a/y.jpg"], ["x.jpg", "y.jpg"]),
        (["in/red/x.jpg", "in/blue/x.jpg"], ["in-red-x.jpg", "in-blue-x.jpg"]),
        (["../a/x.jpg", "/a/x.jpg"], ["a-x.jpg", "a-x-2.jpg"]),
        (['a/"x"?.jpg', "b/_x__.jpg"], ["a-_x__.jpg", "b-_x__.jpg"]),
    ],
)
def test_every_file_of_a_batch_has_a_name_of_its_own(names: list[str], sent: list[str]) -> None:
    found = sent_names([picture(name) for name in names])

    assert found == sent
    assert [clean_filename(name) for name in found] == found


async def test_a_body_is_as_long_as_it_says(tmp_path: Path) -> None:
    for name in ("a.jpg", "größe.jpg"):
        (tmp_path / name).write_bytes(b"x" * 300_000)
    found = [read_piece(picture(str(path)), path.name) for path in sorted(tmp_path.iterdir())]
    chunk = Chunk(options="full", pieces=tuple(found))
    body = ChunkBody(chunk=chunk, fields={"options": "full"}, boundary="b" * 64)
    sent: list[int] = []

    data = b"".join([part async for part in body.stream(sent.append)])

    assert len(data) == body.size_bytes
    assert sum(sent) == 600_000
    assert 'filename="größe.jpg"'.encode() in data


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_push(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * 100)
    chunk = Chunk(options="full", pieces=(read_piece(picture(str(path)), "a.jpg"),))
    path.write_bytes(b"x" * 50)

    body = ChunkBody(chunk=chunk, fields={}, boundary="b")
    sent: list[int] = []
    with pytest.raises(PushError) as caught:
        [part async for part in body.stream(sent.append)]

    assert str(caught.value) == (
        f"{path} changed while it was being sent; run the same command again"
    )
    assert sent == [50]


def test_what_an_earlier_run_has_left_is_not_sent_again() -> None:
    ledger = Ledger([piece(name) for name in ("done", "running", "failed", "rejected", "new")])
    known = Known(
        items=(item(0, "done"), item(1, "running", "running"), item(2, "failed", "failed")),
        rejected=("rejected",),
    )

    made = ledger.recall(known, now=NOW)

    assert [ended.piece.filename for ended in made] == ["done"]
    assert made[0].made is not None
    assert made[0].made.path == "/results/r0"
    assert ledger.to_send == {"failed", "rejected", "new"}
    assert ledger.tries == {"failed": 1, "rejected": 1}
    assert ledger.next_awaited(-1) == 1


def test_a_result_that_expires_is_asked_for_anew() -> None:
    ledger = Ledger([piece("a"), piece("b")])
    ends_at = NOW + timedelta(seconds=1)
    items = tuple(item(at, name, expires_at=ends_at.isoformat()) for at, name in enumerate("ab"))

    assert len(ledger.recall(Known(items=items[:1]), now=NOW)) == 1
    assert ledger.to_send == {"b"}
    assert ledger.recall(Known(items=items[1:]), now=ends_at) == []
    assert ledger.to_send == {"b"}


def test_rejected_files_end_and_the_others_are_awaited() -> None:
    found = pieces(3)
    ledger = Ledger(found)
    chunk = Chunk(options="full", pieces=tuple(found))
    taken = Taken(jobs={0: ("job0", 0), 2: ("job1", 1)}, faults={1: "too large (x)"})

    ended = list(ledger.note_taken(chunk, taken))

    assert ended == [Ended(piece=found[1], fault="too large (x)")]
    assert not ledger.to_send
    later = [item(0, "0.jpg", "failed"), item(1, "2.jpg", "queued"), item(9, "2.jpg")]
    assert list(ledger.note_items(later, now=NOW)) == [
        Ended(piece=found[0], fault="it is broken (broken_image)")
    ]
    assert ledger.next_awaited(-1) == 1
    assert ledger.is_waiting
