"""An example call written down three times: for a shell, for Python and for JavaScript.

Python's lines use `requests`; JavaScript's run in Node 20 and later, as a module.
"""

import json
from collections.abc import Iterator, Mapping

from imgproxy_py.web.api.samples import API_KEY, Answers, Sample


def curl_lines(sample: Sample, public_url: str) -> str:
    parts = [f"curl {_curl_switches(sample)}{_quoted(public_url + sample.path)}"]
    parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in _headers(sample).items()]
    parts += [f"-F {_word(f'{field}=@{name}')}" for field, name in sample.files]
    parts += [f"-F {_word(f'{name}={value}')}" for name, value in sample.fields.items()]
    if sample.json:
        parts += [
            f"-H {_quoted('Content-Type: application/json')}",
            f"-d {_quoted(_json(sample, public_url))}",
        ]
    return " \\\n  ".join(parts)


def _curl_switches(sample: Sample) -> str:
    if sample.answers is Answers.EVENTS:
        return "-N "
    if sample.answers is Answers.FILE:
        return f"-o {sample.saves_as} "
    # curl itself chooses POST where a body is sent.
    has_body = sample.files or sample.fields or sample.json
    return "" if sample.method == "GET" or has_body else f"-X {sample.method} "


def python_lines(sample: Sample, public_url: str) -> str:
    arguments = [json.dumps(public_url + sample.path)]
    if headers := _headers(sample):
        arguments.append(f"headers={_python_dict(headers)}")
    if sample.files:
        files = (f'("{field}", open("{name}", "rb"))' for field, name in sample.files)
        arguments.append(f"files=[{', '.join(files)}]")
    if sample.fields:
        arguments.append(f"data={_python_dict(sample.fields)}")
    if sample.json:
        arguments.append(f"json={_json(sample, public_url)}")
    if sample.answers is Answers.EVENTS:
        arguments.append("stream=True")
    call = "".join(f"    {argument},\n" for argument in arguments)
    lines = ["import requests", "", f"answer = requests.{sample.method.lower()}(\n{call})"]
    return "\n".join([*lines, "answer.raise_for_status()", *_python_end(sample)])


def _python_end(sample: Sample) -> Iterator[str]:
    match sample.answers:
        case Answers.JSON:
            yield "print(answer.json())"
        case Answers.EVENTS:
            yield "for line in answer.iter_lines(decode_unicode=True):"
            yield "    print(line)"
        case Answers.FILE:
            yield f'with open("{sample.saves_as}", "wb") as file:'
            yield "    file.write(answer.content)"


def javascript_lines(sample: Sample, public_url: str) -> str:
    lines: list[str] = []
    if sample.files:
        lines += ['import { openAsBlob } from "node:fs";', ""]
    if sample.answers is Answers.FILE:
        lines += ['import { writeFile } from "node:fs/promises";', ""]
    if sample.files or sample.fields:
        lines += ["const form = new FormData();", *_javascript_form(sample), ""]
    lines.append(f"const answer = await fetch({json.dumps(public_url + sample.path)}, {{")
    if sample.method != "GET":
        lines.append(f'  method: "{sample.method}",')
    headers = _headers(sample) | ({"Content-Type": "application/json"} if sample.json else {})
    if headers:
        pairs = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in headers.items())
        lines.append(f"  headers: {{ {', '.join(pairs)} }},")
    if sample.files or sample.fields:
        lines.append("  body: form,")
    if sample.json:
        lines.append(f"  body: JSON.stringify({_json(sample, public_url)}),")
    lines.append("});")
    lines.append("if (!answer.ok) throw new Error(await answer.text());")
    return "\n".join([*lines, *_javascript_end(sample)])


def _javascript_form(sample: Sample) -> Iterator[str]:
    for field, name in sample.files:
        yield f'form.append("{field}", await openAsBlob("{name}"), "{name}");'
    for field, value in sample.fields.items():
        yield f"form.append({json.dumps(field)}, {json.dumps(value)});"


def _javascript_end(sample: Sample) -> Iterator[str]:
    match sample.answers:
        case Answers.JSON:
            yield "console.log(await answer.json());"
        case Answers.EVENTS:
            yield "for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {"
            yield "  process.stdout.write(text);"
            yield "}"
        case Answers.FILE:
            yield f'await writeFile("{sample.saves_as}", Buffer.from(await answer.arrayBuffer()));'


def _headers(sample: Sample) -> dict[str, str]:
    key = {"X-API-Key": API_KEY} if sample.needs_key else {}
    return key | dict(sample.headers)


def _json(sample: Sample, public_url: str) -> str:
    """The same text is a literal in all three languages, as long as it holds no true or false."""
    filled = {
        name: value.replace("{public_url}", public_url) if isinstance(value, str) else value
        for name, value in sample.json.items()
    }
    return json.dumps(filled)


def _python_dict(fields: Mapping[str, str]) -> str:
    return json.dumps(dict(fields))


def _quoted(text: str) -> str:
    """For a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _word(text: str) -> str:
    """As a person would write it: quoted only where a shell needs that."""
    plain = all(character.isalnum() or character in "=@._/-" for character in text)
    return text if plain else _quoted(text)
