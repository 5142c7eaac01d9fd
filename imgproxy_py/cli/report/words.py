"""Numbers and reasons as a person reads them."""

# What `Optimized.stop` says, in words.
STOPS = {
    "target": "target reached",
    "source": "the source itself was best",
    "lossless": "nothing is lost",
    "unreachable": "this format cannot reach the target",
    "deadline": "out of time",
    "limit": "out of attempts",
}
NOT_MEASURED = "not measured"


def stop_text(stop: str) -> str:
    return STOPS.get(stop, stop)


def size_text(count: int) -> str:
    """Bytes with a decimal unit: 999 B, 12.3 kB, 1.23 MB."""
    if count < 1000:
        return f"{count} B"
    number, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"


def saved_text(count: int) -> str:
    """What was saved; with a minus where the results are larger."""
    return size_text(count) if count >= 0 else f"−{size_text(-count)}"


def percent_text(saved: float) -> str:
    """What was saved, negative where the result is larger."""
    text = f"{saved:.1f} %".replace("-", "−")
    return "0 %" if text in ("0.0 %", "−0.0 %") else text


def change_text(saved: float) -> str:
    """The same as a change of the bytes: −12.3 % where 12.3 % were saved."""
    text = percent_text(-saved)
    return f"+{text}" if saved < 0 and text != "0 %" else text


def score_text(score: float | None) -> str:
    return NOT_MEASURED if score is None else f"{score:.1f}"


def number_text(number: float | None) -> str:
    return "–" if number is None else f"{number:g}"


def printable(text: str) -> str:
    """A file's name may hold bytes that are no UTF-8 (PEP 383); a page may not."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
