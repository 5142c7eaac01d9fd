"""Headers as nobody should send them: never a 500, and always an answer that HTTP knows."""

import http.client
import random
import time

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, RunningServer

ROUNDS = 700
MOST_SECONDS = 8.0
SEED = 9110
STATUSES = {200, 206, 304, 400, 412, 416, 431, 504}

# Pieces that readers of these headers look for, right, wrong, and at their limits.
PIECES = {
    "Accept": ("image/avif", "image/webp", "*/*", "image/*", ";q=0", ";q=", ";q=1e9", "text/html"),
    "If-None-Match": ('"', "W/", "*", "{etag}", "w/", '""', "\\", '"a,b"'),
    "If-Match": ('"', "W/", "*", "{etag}", "\xff"),
    "If-Modified-Since": ("{date}", "Thu, 01 Jan 1970 00:00:00 GMT", "0", "-1", "GMT", "99999999"),
    "If-Unmodified-Since": ("{date}", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:60 GMT"),
    "If-Range": ("{etag}", "{date}", "W/", '"'),
    "Range": ("bytes=", "0-", "-0", "-1", "5-2", "9" * 40, "items=", "BYTES=0-0", "\u00b2-"),
    "Cache-Control": ("only-if-cached", "no-cache", "max-age=", "max-age=-1", '"', "=", "no-store"),
    "Sec-CH-DPR": ("1", "2.0", "1e3", "-1", "nan", "9" * 30, "inf", "0"),
    "Sec-CH-Width": ("1", "640", "-640", "9" * 30, "0x10", "\u0663"),
    "Save-Data": ("on", "off", "?1", "on;"),
    "Via": ("1.1 imgproxy-py", "imgproxy-py"),
}
GLUE = ("", "", ",", ", ", ";", " ", "\t", "=", '"', "\xa0", "\xff")


def test_no_header_is_too_strange(listening: RunningServer, origin: Origin) -> None:
    url = origin.put("/photo.jpg", jpeg(64, 48), headers={"Cache-Control": "max-age=600"})
    # The size is given and the format fixed: what is asked for is stored, whatever is sent.
    targets = [f"/{USERNAME}/32,2x,quality=70,format=jpeg/{url}", f"/{USERNAME}/32,2x/{url}"]
    first = listening.get(targets[0])
    targets.append(str(listening.ask("POST", targets[0]).headers["Location"]))
    known = {"etag": str(first.headers["ETag"]), "date": str(first.headers["Last-Modified"])}
    chosen = random.Random(SEED)
    connection = http.client.HTTPConnection(listening.host, listening.port, timeout=60)
    ends_at = time.monotonic() + MOST_SECONDS

    for _ in range(ROUNDS):
        headers = {name: _value(chosen, name, known) for name in chosen.sample([*PIECES], 3)}
        method, target = chosen.choice(("GET", "GET", "HEAD")), chosen.choice(targets)
        status = _status(connection, method, target, headers)
        assert status in STATUSES, (status, method, target, headers)
        if time.monotonic() > ends_at:
            break

    connection.close()
    assert listening.get(targets[0]).body == first.body


def _value(chosen: random.Random, name: str, known: dict[str, str]) -> str:
    pieces = [
        chosen.choice(PIECES[name]) + chosen.choice(GLUE) for _ in range(chosen.randrange(1, 6))
    ]
    text = "".join(pieces).replace("{etag}", known["etag"]).replace("{date}", known["date"])
    return text.encode("latin-1", "replace").decode("latin-1")


def _status(
    connection: http.client.HTTPConnection, method: str, target: str, headers: dict[str, str]
) -> int:
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value.encode("latin-1"))
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    return answer.status
