"""The query of an API call, read with words for what cannot be."""

from imgproxy_py.web.api.call import MAX_QUERY_FIELDS, ApiCall
from imgproxy_py.web.errors import QueryInvalid

_WORDS = {"true": True, "1": True, "yes": True, "on": True}
_WORDS |= {"false": False, "0": False, "no": False, "off": False, "": False}


def query_of(call: ApiCall) -> dict[str, str]:
    """The fields of the query; of a repeated one the last counts. As `pairs_of`."""
    return dict(pairs_of(call))


def pairs_of(call: ApiCall) -> list[tuple[str, str]]:
    """The fields of the query in their order; QueryInvalid when there are too many."""
    try:
        return call.query()
    except ValueError as error:
        raise QueryInvalid(f"the query has more than {MAX_QUERY_FIELDS} fields") from error


def is_on(fields: dict[str, str], name: str) -> bool:
    """A field that is true or false; false without it. Raises QueryInvalid."""
    text = fields.get(name, "")
    if text.lower() not in _WORDS:
        raise QueryInvalid(f'"{name}" in the query is true or false')
    return _WORDS[text.lower()]
