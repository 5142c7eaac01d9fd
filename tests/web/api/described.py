"""What openapi.yaml says of the API, as the tests ask for it."""

from collections import defaultdict
from typing import Any

from imgproxy_py.web.api.openapi import openapi

DESCRIPTION = openapi("http://127.0.0.1:8000")
METHODS = {"get", "post", "delete", "put", "patch"}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in DESCRIPTION["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def documented_codes() -> dict[int, set[str]]:
    """By status, from the responses that all operations share."""
    found: dict[int, set[str]] = defaultdict(set)
    for response in DESCRIPTION["components"]["responses"].values():
        told = response["content"]["application/problem+json"]["schema"]["properties"]
        found[told["status"]["const"]] |= set(told["code"]["enum"])
    return found
