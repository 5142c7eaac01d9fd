"""What every result must obey, over every picture of the corpus, through the running server.

Never larger than the source in its own size; fed back, it comes back byte for byte. (What an
animation keeps is held by tests/engine/test_animation_laws.py, and the largest pictures of all by
tests/web/test_pictures_corpus.py.)
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.web.asking import upload
from tests.web.likeness import fault_of_same_size, moderate_pictures
from tests.web.server import Answer, RunningServer, running_server

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

BROWSER = "image/avif,image/webp,image/*,*/*;q=0.8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("laws")
    with running_server(folder / "data", REFINE="off") as running:
        yield running


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A picture, its result, and what became of the result when it was sent in its turn."""

    path: Path
    first: Answer
    again: Answer | None


@pytest.mark.parametrize(("options", "accept"), [("full", BROWSER), ("quality=low", "*/*")])
def test_a_result_is_never_larger_and_comes_back_as_it_is(
    server: RunningServer, corpus: Path, options: str, accept: str
) -> None:
    def tried(path: Path) -> Tried:
        first = result(server, options, path.read_bytes(), accept)
        if first.status != 200:
            return Tried(path=path, first=first, again=None)
        again = result(server, options, first.body, accept)
        return Tried(path=path, first=first, again=again)

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(tried, moderate_pictures(corpus)))

    answered = [one for one in found if one.again is not None]
    assert len(answered) > 150
    # PngSuite's broken pictures begin with an x.
    refused = {one.path.name for one in found if one.again is None}
    assert [name for name in refused if not name.startswith("x")] == []
    faults = [fault_of_same_size(one.path, one.first, accept) for one in answered]
    assert [fault for fault in faults if fault] == []
    assert [_change(one) for one in answered if _change(one)] == []


def result(server: RunningServer, options: str, data: bytes, accept: str) -> Answer:
    """The finished answer to an upload, in as many hops as it takes on a busy machine."""
    answer = upload(server, f"{options},timeout=600", data, accept=accept)
    while answer.status == 303:
        answer = server.get(str(answer.headers["Location"]), Accept=accept)
    return answer


def _change(one: Tried) -> str:
    """Empty when the result came back as it was."""
    assert one.again is not None
    before, after = one.first.body, one.again.body
    return "" if after == before else f"{one.path.name}: {len(before)} → {len(after)}"
