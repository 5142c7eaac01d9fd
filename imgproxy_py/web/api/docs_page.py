"""`GET /docs`: the API for people, made of its description and of one example of every call."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from imgproxy_py.web.api.document import Document
from imgproxy_py.web.api.openapi import openapi
from imgproxy_py.web.api.sample_lines import curl_lines, javascript_lines, python_lines
from imgproxy_py.web.api.samples import API_KEY, SAMPLES, Sample
from imgproxy_py.web.pages import docs_script, render

_METHODS = ("get", "post", "delete")


def docs_page(public_url: str) -> Document:
    """The page for the server at `public_url`. Its one script is allowed by its hash."""
    description = openapi(public_url)
    script = docs_script()
    page = render(
        "docs.html",
        api_key=API_KEY,
        sections=list(_sections(description, public_url)),
        fields=list(_fields(description)),
        errors=list(_errors(description)),
        script=script,
    )
    return Document(
        body=page.encode(), media_type="text/html; charset=utf-8", policy=_policy(script)
    )


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _sections(description: Mapping[str, Any], public_url: str) -> Iterator[dict[str, object]]:
    """One for each tag, with its calls in the order of the examples."""
    routes = {
        operation["operationId"]: (path, operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }
    for tag in description["tags"]:
        calls = [
            _call(sample, number, *routes[sample.operation], public_url)
            for number, sample in enumerate(SAMPLES)
            if routes[sample.operation][1]["tags"] == [tag["name"]]
        ]
        name = tag["name"]
        yield {
            "id": name,
            "title": name.capitalize(),
            "text": tag["description"],
            "calls": calls,
        }


def _call(
    sample: Sample, number: int, route: str, operation: Mapping[str, Any], public_url: str
) -> dict[str, object]:
    return {
        "id": f"{sample.operation}-{number}",
        "title": sample.title or operation["summary"],
        "text": operation.get("description", ""),
        "method": sample.method,
        "route": route,
        # In pieces between which the key stands: the page's script fills in the reader's there.
        "lines": {
            "curl": curl_lines(sample, public_url).split(API_KEY),
            "python": python_lines(sample, public_url).split(API_KEY),
            "javascript": javascript_lines(sample, public_url).split(API_KEY),
        },
        "answer": _answer(operation),
    }


def _answer(operation: Mapping[str, Any]) -> str:
    """An example of what comes back, where the description has one."""
    for status, told in operation["responses"].items():
        example = told.get("content", {}).get("application/json", {}).get("example")
        if example is not None and status.startswith("2"):
            return json.dumps(example, indent=2, ensure_ascii=False)
    return ""


def _fields(description: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    schemas = description["components"]["schemas"]
    own = schemas["PictureForm"]["properties"] | schemas["Options"]["properties"]
    for name, schema in own.items():
        reference = schema.get("$ref", "").rpartition("/")[2]
        schema = schemas[reference] if reference else schema
        yield {
            "name": name,
            "takes": _takes(schema),
            "text": schema.get("description", ""),
        }


def _takes(schema: Mapping[str, Any]) -> str:
    """What may stand in a field, in a few words."""
    default = f"; default {_word(schema['default'])}" if "default" in schema else ""
    if "enum" in schema:
        return ", ".join(schema["enum"]) + default
    if schema["type"] == "integer":
        return f"{schema['minimum']} to {schema['maximum']}{default}"
    if schema["type"] == "boolean":
        return f"true or false{default}"
    if schema.get("format") == "binary":
        return "a file"
    return "a URL" if schema.get("format") == "uri" else "text"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _errors(description: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """By status, each with its codes."""
    for told in description["components"]["responses"].values():
        content = told["content"]["application/problem+json"]["schema"]["properties"]
        yield {
            "status": content["status"]["const"],
            "text": told["description"],
            "codes": content["code"]["enum"],
        }
