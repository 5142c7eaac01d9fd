"""Plans: what an account may use. One table, which an operator's TOML file can change.

[starter]
keys = 5
requests_per_minute = 600
images_per_month = "unlimited"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """None means without limit."""

    name: str
    max_keys: int | None
    max_requests_per_minute: int | None
    max_images_per_month: int | None


def _plan(name: str, keys: int | None, requests: int | None, images: int | None) -> Plan:
    return Plan(
        name=name,
        max_keys=keys,
        max_requests_per_minute=requests,
        max_images_per_month=images,
    )


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        #     name        keys  requests/min  images/month
        _plan("free", 1, 60, 100),
        _plan("starter", 3, 300, 5_000),
        _plan("pro", 10, 1_000, 50_000),
        _plan("business", 25, 3_000, 200_000),
        # By contract: the operator's file says what was agreed.
        _plan("scale", None, None, 500_000),
        # For a private installation; the default of the first account.
        _plan(UNLIMITED, None, None, None),
    )
}

_FIELDS = ("keys", "requests_per_minute", "images_per_month")


def load_plans(file: Path | None) -> Mapping[str, Plan]:
    """The plans of the table with those of a TOML file over them; ValueError says what is wrong."""
    if file is None:
        return PLANS
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {error}") from error
    return {**PLANS, **{name: _read(name, table) for name, table in tables.items()}}


def _read(name: str, table: object) -> Plan:
    if not isinstance(table, dict) or set(table) != set(_FIELDS):
        raise ValueError(f'the plan "{name}" needs exactly {", ".join(_FIELDS)}')
    keys, requests, images = (_limit(name, field, table[field]) for field in _FIELDS)
    return _plan(name, keys, requests, images)


def _limit(name: str, field: str, value: object) -> int | None:
    if value == UNLIMITED:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f'"{field}" of the plan "{name}" is neither a whole number nor "{UNLIMITED}"')
