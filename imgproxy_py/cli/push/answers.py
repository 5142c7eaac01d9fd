"""What an answer means for the next attempt: nothing, later, or never, with words for a person."""

import json

import aiohttp

from imgproxy_py.cli.push.errors import Refused

_MAX_ERROR_BYTES = 1 << 16
_LATER = frozenset({429, 500, 502, 503, 504})
_LATER_CODES = frozenset({"idempotency_in_progress", "batch_not_finished"})
_REMEDIES = {
    401: "give the right key with --api-key or in IMGPROXY_PY_API_KEY",
    402: "wait for the next month, or ask for a larger plan; then run the same command again",
    403: "ask whoever runs the server",
    404: "is --url the address of an imgproxy-py server?",
    413: "a proxy in front of the server may take less than it does (nginx: client_max_body_size)",
}
# Theirs say all that there is to say.
_PLAIN_CODES = frozenset({"batch_too_large", "batch_not_found", "results_expired"})


async def pause_of(response: aiohttp.ClientResponse) -> float | None:
    """Seconds to wait before the same is asked again; None for a good answer. Raises Refused."""
    if response.status < 300:
        return None
    if response.status < 400:
        raise _moved(response)
    detail, code = await _problem(response)
    if response.status in _LATER or code in _LATER_CODES:
        return _retry_after(response.headers.get("Retry-After", ""))
    remedy = "" if code in _PLAIN_CODES else _REMEDIES.get(response.status, "")
    raise Refused(status=response.status, code=code, detail=detail, remedy=remedy)


def _moved(response: aiohttp.ClientResponse) -> Refused:
    """An API key is not sent to wherever an answer points."""
    place = response.headers.get("Location", "nowhere")
    return Refused(
        status=response.status,
        code="redirected",
        detail=f"it points to {place}",
        remedy="give the address that it has now with --url",
    )


async def _problem(response: aiohttp.ClientResponse) -> tuple[str, str]:
    """Detail and code of problem details (RFC 9457), as far as the answer has them."""
    text = await response.content.read(_MAX_ERROR_BYTES)
    try:
        told = json.loads(text)
        return str(told["detail"]), str(told["code"])
    except (ValueError, KeyError, TypeError):
        return response.reason or "no reason given", f"http_{response.status}"


def _retry_after(text: str) -> float:
    """Delta-seconds (RFC 9110, 10.2.3); a date or nothing counts as a short while."""
    return float(text) if text.isdecimal() and len(text) < 6 else 2.0
