"""Receipts as we write them, read and written directly; everything else is left to http_sf.

Of RFC 9651 this knows what a receipt of ours has: a Dictionary of Integers, Decimals, Strings,
Booleans and Byte Sequences without parameters, one space after each comma. That is a tenth of the
work, and a server writes two receipts for every picture.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from http_sf.types import BareItemType

# Section 4.2.4: up to twelve digits, and three after the point.
_DECIMAL_PLACES = 3
_LARGEST_DECIMAL = 999_999_999_999
_MEMBER = re.compile(
    r"(?P<name>[a-z][a-z0-9-]*)"
    r"(?:="
    r"(?:(?P<decimal>-?[0-9]{1,12}\.[0-9]{1,3})"
    r"|(?P<integer>-?[0-9]{1,15})"
    r'|"(?P<string>[ !#-\[\]-~]*)"'
    r"|:(?P<bytes>[A-Za-z0-9+/]{43}=):"
    r"|\?(?P<boolean>[01])"
    r"))?"
    r"(?:, (?=[a-z])|\Z)",
    re.ASCII,
)


def read(text: str) -> dict[str, object] | None:
    """The members by their names; None where it is not as we write it, or not at all right."""
    found: dict[str, object] = {}
    at = 0
    while at < len(text):
        member = _MEMBER.match(text, at)
        if member is None or member["name"] in found:
            return None
        found[member["name"]] = _value(member.lastgroup or "name", member)
        at = member.end()
    return found


def _value(kind: str, member: "re.Match[str]") -> object:
    """A name alone stands for true (section 3.2)."""
    match kind:
        case "decimal":
            return Decimal(member[kind])
        case "integer":
            return int(member[kind])
        case "string":
            return member[kind]
        case "bytes":
            return b64decode(member[kind])
        case "boolean":
            return member[kind] == "1"
        case _:
            return True


def write(members: Mapping[str, BareItemType]) -> str | None:
    """The dictionary's text; None where a value is none of those that we write."""
    parts = []
    for name, value in members.items():
        text = _text(value)
        if text is None:
            return None
        parts.append(name if value is True else f"{name}={text}")
    return ", ".join(parts)


def _text(value: BareItemType) -> str | None:
    match value:
        case bool():
            return "?1" if value else "?0"
        case int():
            return str(value) if abs(value) < 10**15 else None
        case Decimal():
            return _decimal_text(value)
        case bytes():
            return f":{b64encode(value).decode('ascii')}:"
        case str():
            return _string_text(value)
        case _:
            return None


@lru_cache(maxsize=1024)  # words, options and versions come again in every receipt
def _string_text(value: str) -> str | None:
    if value.isascii() and value.isprintable() and not {'"', "\\"} & set(value):
        return f'"{value}"'
    return None


def _decimal_text(value: Decimal) -> str | None:
    """With one digit behind the point at least, and none that says nothing."""
    exponent = value.as_tuple().exponent
    is_plain = isinstance(exponent, int) and -_DECIMAL_PLACES <= exponent <= 0
    if not is_plain or abs(value) > _LARGEST_DECIMAL or (value.is_signed() and not value):
        return None
    whole, _, digits = f"{value:f}".partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"
