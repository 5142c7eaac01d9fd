"""A fresh result under its own URL, and what a browser accepts."""

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, RunningServer

CHROME = "image/avif,image/webp,image/*,*/*;q=0.8"


def result_of(server: RunningServer, origin: Origin, **page: object) -> str:
    """The URL of a fresh result."""
    url = origin.put("/photo.jpg", jpeg(), **page)
    first = server.ask("POST", f"/{USERNAME}/120/{url}")
    assert first.status == 303, first.body
    return str(first.headers["Location"])
