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


def request_with(form: bytes, *headers: str, version: str = "1.1") -> bytes:
    """The bytes of a whole request that uploads `form`, which has the usual boundary."""
    lines = [
        f"POST /{USERNAME}/full HTTP/{version}",
        "Host: localhost",
        *headers,
        "Content-Type: multipart/form-data; boundary=b0undary",
        f"Content-Length: {len(form)}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + form


def upload(
    server: RunningServer, options: str, content_type: str, body: bytes, **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask(
        "POST", f"/{USERNAME}/{options}", {"Content-Type": content_type, **named}, body
    )
