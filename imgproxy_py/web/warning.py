"""`Warning: 299` lines: what was done although the request said it a little wrong."""

_PRINTABLE = range(0x20, 0x7F)


def warning_headers(warnings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """One line per problem, ASCII, quotes escaped (the syntax of RFC 7234, section 5.5)."""
    return tuple(("Warning", f'299 imgproxy-py "{_quoted(text)}"') for text in warnings)


def _quoted(text: str) -> str:
    visible = "".join(char if ord(char) in _PRINTABLE else "?" for char in text)
    return visible.replace("\\", "\\\\").replace('"', '\\"')
