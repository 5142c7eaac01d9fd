"""Upload forms as clients write them, byte for byte."""

from tests.web.server import USERNAME, Answer, RunningServer


def multipart(
    body: bytes,
    *,
    boundary: str = "b0undary",
    disposition: str = 'form-data; name="file"; filename="photo.png"',
    part_headers: tuple[str, ...] = ("Content-Type: image/png",),
    ends_with: str = "--\r\n",
) -> bytes:
    lines = [f"--{boundary}", f"Content-Disposition: {disposition}", *part_headers, "", ""]
    return "\r\n".join(lines).encode() + body + f"\r\n--{boundary}{ends_with}".encode()


def upload(
    server: RunningServer, options: str, content_type: str, body: bytes, **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask(
        "POST", f"/{USERNAME}/{options}", {"Content-Type": content_type, **named}, body
    )
