"""What a person can do about an error: one table by code, one by status."""

_BY_CODE = {
    "IM2ACCOUNT": "The first part of the address is the username, with a signature behind a colon "
    "where its owner asks for one. Ask whoever runs this server, or made this address.",
    "source_forbidden": "The picture's own server wants somebody who is logged in. Choose a "
    "picture that everybody may see.",
    "source_not_allowed": "This server fetches only from hosts and ports that its operator "
    "allows. Upload the picture instead, or ask the operator.",
    "source_not_public": "Only addresses on the public Internet are fetched. Upload the picture "
    "instead.",
    "result_not_found": "Results are kept for a while only. Open the address you asked first.",
    "result_expired": "Ask for the same picture again to have it under the same address.",
    "quota_exceeded": "What was made before is still answered. For more this month, ask whoever "
    "runs this server for a larger plan.",
    "page_not_found": "Begin again at the first page of this server: /",
    "source_missing": "Name the picture after the options:",
    "options_missing": "The address of a picture has three parts: who asks, what to do, and the "
    "source.",
    "source_url_invalid": "The address of a picture has three parts: who asks, what to do, and "
    "the source.",
    "source_too_large": "Make the source smaller before it comes here, or choose another one.",
    "image_too_large": "Make the source smaller before it comes here, or choose another one.",
    "broken_image": "Open the source itself: if it looks whole there, save it again with another "
    "program.",
}
_BY_STATUS = {
    404: "Open the source's own address: the picture must be there, on the public Internet.",
    415: "JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP and SVG are read here. Is the address that of the "
    "picture itself, not of the page around it?",
    429: "Wait a moment, then open the address again.",
    500: "Tell whoever runs this server; the time of day is enough to find it in the log.",
    502: "Nothing is wrong with what you asked. Open the source's own address to see what its "
    "server says, and try again later.",
    503: "Nothing is wrong with what you asked. Try again in a moment.",
    504: "Nothing is wrong with what you asked. Try again in a moment.",
}


_MARKED = "Correct the marked part of the address and open it again."


def next_steps(*, status: int, code: str, is_marked: bool) -> tuple[str, ...]:
    """The next step, in one or no sentence."""
    if is_marked:
        return (_MARKED,)
    step = _BY_CODE.get(code) or _BY_STATUS.get(status)
    return () if step is None else (step,)
