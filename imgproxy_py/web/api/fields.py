"""The fields of an order: what is asked for, of which picture, and what becomes of the result."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from imgproxy_py.web.api.field_values import OPTION_FIELDS, clean, is_on, options_text, quoted
from imgproxy_py.web.api.form import JSON, MULTIPART, ApiForm
from imgproxy_py.web.errors import FieldInvalid, FileMissing, SourceAmbiguous, SourceMissing
from options_grammar import Options, near, parse

MAX_NAMED_STRANGERS = 10
FILE_FIELDS = ("image", "file")
KNOWN_FIELDS = frozenset({"accept_file", "storage_commit", "url", *OPTION_FIELDS, *FILE_FIELDS})

# A catalog asks for a handful of sizes, thousands of times.
_parsed = lru_cache(maxsize=2048)(parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFields:
    """What the fields say. `source_url` is None where the picture comes as a file."""

    options: Options
    warnings: tuple[str, ...] = ()
    source_url: str | None = None
    keeps_result: bool = False


def read_fields(
    form: ApiForm, *, takes_source: bool = True, also_known: Collection[str] = ()
) -> OrderFields:
    """Raises FieldInvalid, FileMissing, SourceMissing, SourceAmbiguous and OptionsError.

    With `takes_source` there is exactly one picture, a file or a URL; without, pictures are the
    caller's business. `also_known` are fields that the caller reads itself. An empty field counts
    as none, as a browser's form sends it.
    """
    given = {name: clean(name, text) for name, text in form.fields.items() if name in KNOWN_FIELDS}
    given = {name: text for name, text in given.items() if text}
    if "url" in given and not takes_source:
        raise FieldInvalid('"url" cannot stand here; send single URLs to /api/v1/jobs')
    parsed = _parsed(options_text(given))
    if parsed.options.wants_meta:
        raise FieldInvalid(
            '"meta" asks for facts about a picture and not for a picture; ask for it by URL: '
            "/{username}/meta/{source-url}"
        )
    return OrderFields(
        options=parsed.options,
        warnings=(
            *_strangers(form.fields, also_known),
            *_refused_file(form, given),
            *parsed.warnings,
        ),
        source_url=_source_url(form, given) if takes_source else None,
        keeps_result=is_on(given, "storage_commit"),
    )


def _source_url(form: ApiForm, given: Mapping[str, str]) -> str | None:
    """The URL, or None where exactly one file came."""
    says_file = is_on(given, "accept_file")
    as_text = next((name for name in FILE_FIELDS if name in given), None)
    if as_text is not None and not form.files and form.media_type != MULTIPART:
        named = "JSON" if form.media_type == JSON else "an urlencoded form"
        raise FieldInvalid(
            f'"{as_text}" is a file, which {named} cannot carry: send multipart/form-data, or '
            'the picture\'s address as "url"'
        )
    if form.files and "url" in given:
        raise SourceAmbiguous('there is a file and a "url"; send one of the two')
    if says_file and not form.files:
        raise FileMissing
    if not form.files and "url" not in given:
        raise SourceMissing(
            'no picture: send it as the field "image" of multipart/form-data, or its address as '
            '"url"'
        )
    return given.get("url")


def _strangers(fields: Mapping[str, str], also_known: Collection[str]) -> tuple[str, ...]:
    """One warning for each field that nobody reads, though not for ten thousand of them."""
    names = [name for name in fields if name not in KNOWN_FIELDS and name not in also_known]
    told = [_ignored(name, also_known) for name in names[:MAX_NAMED_STRANGERS]]
    if len(names) > MAX_NAMED_STRANGERS:
        told.append(f"{len(names) - MAX_NAMED_STRANGERS} more unknown fields were ignored")
    return tuple(told)


def _refused_file(form: ApiForm, given: Mapping[str, str]) -> tuple[str, ...]:
    says_none = "accept_file" in given and not is_on(given, "accept_file")
    if not (says_none and form.files):
        return ()
    return ('"accept_file" is false, and the file that came was taken all the same',)


def _ignored(name: str, also_known: Collection[str]) -> str:
    meant = near.meant(name.lower(), (*sorted(KNOWN_FIELDS), *also_known))
    hint = f'; did you mean "{meant}"?' if meant else ""
    return f"the field {quoted(name)} is unknown and was ignored{hint}"
