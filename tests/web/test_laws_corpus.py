"""What every result must obey, over every picture of the corpus, through the running server.

Never larger than the source in its own size; fed back, it comes back byte for byte. (What an
animation keeps is held by tests/engine/test_animation_laws.py.)
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.asking import upload
from tests.web.server import RunningServer, running_server

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

FOLDERS = ("photos", "graphics", "pngsuite", "color", "metadata", "orientation", "animated", "svg")
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".svg"}
BROWSER = "image/avif,image/webp,image/*,*/*;q=0.8"
# A full-size answer for these takes seconds each, and says nothing that smaller ones do not.
MAX_BYTES = 700_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("laws")
    with running_server(folder / "data", REFINE="off") as running:
        yield running


def pictures(corpus: Path) -> list[Path]:
    found = (path for folder in FOLDERS for path in sorted((corpus / folder).rglob("*")))
    return [
        path
        for path in found
        if path.suffix.lower() in PICTURES and path.stat().st_size <= MAX_BYTES
    ]


@pytest.mark.parametrize(("options", "accept"), [("full", BROWSER), ("quality=low", "*/*")])
def test_a_result_is_never_larger_and_comes_back_as_it_is(
    server: RunningServer, corpus: Path, options: str, accept: str
) -> None:
    tried, larger, changed, refused = 0, [], [], []
    for path in pictures(corpus):
        data = path.read_bytes()
        first = upload(server, options, data, accept=accept)
        if first.status != 200:
            refused.append(path.name)
            continue
        tried += 1
        if len(first.body) > len(data):
            larger.append(f"{path.name}: {len(data)} → {len(first.body)}")
        again = upload(server, options, first.body, accept=accept)
        if again.body != first.body:
            changed.append(f"{path.name}: {len(first.body)} → {len(again.body)}")

    assert tried > 150
    # PngSuite's broken pictures begin with an x.
    assert [name for name in refused if not name.startswith("x")] == []
    assert larger == []
    assert changed == []
