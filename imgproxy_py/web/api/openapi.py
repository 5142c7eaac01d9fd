"""`GET /openapi.json`: what stands in openapi.yaml, as programs read it."""

import json
from functools import cache
from importlib import resources
from typing import Any

import yaml

from imgproxy_py.version import VERSION
from imgproxy_py.web.api.document import Document


def openapi_document(public_url: str) -> Document:
    """The description for clients of the server at `public_url`."""
    told = json.dumps(openapi(public_url), ensure_ascii=False)
    return Document(body=told.encode(), media_type="application/json")


def openapi(public_url: str) -> dict[str, Any]:
    """As it is served: with this server's address and version, without the file's own pieces."""
    kept = _description()
    told = {name: value for name, value in kept.items() if name != "x-shared"}
    told["info"] = {**kept["info"], "version": VERSION}
    told["servers"] = [{"url": public_url}]
    return told


@cache
def _description() -> dict[str, Any]:
    """The file, read once: PyYAML takes a tenth of a second for it."""
    text = resources.files("imgproxy_py.web.api").joinpath("openapi.yaml").read_text("utf-8")
    told: dict[str, Any] = yaml.safe_load(text)
    return told
