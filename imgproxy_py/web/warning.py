"""`Warning: 299` lines: what was done although the request said it a little wrong."""

# Python's http.client stops at 100 header lines, and proxies at 8 KiB for all of them: a request
# with fifty mistakes must not get an answer that its client cannot read.
MAX_LINES = 16
MAX_CHARACTERS = 240
_PRINTABLE = range(0x20, 0x7F)


def warning_headers(warnings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """One line per problem, ASCII, quotes escaped (the syntax of RFC 7234, section 5.5).

    Beyond `MAX_LINES` the last line says how many more there were.
    """
    told = warnings
    if len(warnings) > MAX_LINES:
        more = len(warnings) - (MAX_LINES - 1)
        told = (*warnings[: MAX_LINES - 1], f"and {more} warnings more")
    return tuple(("Warning", f'299 imgproxy-py "{_quoted(text)}"') for text in told)


def _quoted(text: str) -> str:
    visible = "".join(char if ord(char) in _PRINTABLE else "?" for char in text)
    if len(visible) > MAX_CHARACTERS:
        visible = visible[:MAX_CHARACTERS] + "..."
    return visible.replace("\\", "\\\\").replace('"', '\\"')
