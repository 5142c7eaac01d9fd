"""An account: who asks, under which username and plan."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.accounts.errors import UsernameInvalid
from options_grammar import RESERVED_SEGMENTS

MAX_USERNAME_CHARACTERS = 100

# A slash ends the segment of the URL; a colon begins its signature.
_FORBIDDEN_CHARACTERS = frozenset("/:\\?#")

ADJECTIVES = """
    amber bold brave bright calm clear clever cosmic crisp daring eager early fair fancy gentle
    golden grand happy honest jolly keen kind lively lucky mellow merry mighty misty modest noble
    patient plucky polite proud quick quiet rapid royal shiny silver smart solid spry steady
    sunny swift tidy vivid warm wise witty
""".split()  # noqa: SIM905 (words read better than a column of quotes)
ANIMALS = """
    badger beaver bison camel crane dolphin eagle falcon ferret finch fox gecko gull hare heron
    ibex jackal koala lark lemur lion llama lynx marten mole moose newt ocelot orca osprey otter
    owl panda parrot pelican penguin puffin quail rabbit raven robin salmon seal shark sparrow
    stork swan tapir tiger turtle walrus wombat zebra
""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`plan` names a row of the plans' table; `id` never changes, the rest may."""

    id: str
    username: str
    plan: str
    is_disabled: bool = False
    created_at: datetime


def username_text(text: str) -> str:
    """The text itself when it can be a username, one segment of a URL; else UsernameInvalid."""
    if not 1 <= len(text) <= MAX_USERNAME_CHARACTERS:
        raise UsernameInvalid(f"a username has 1 to {MAX_USERNAME_CHARACTERS} characters")
    if not text.isprintable() or text != text.strip() or _FORBIDDEN_CHARACTERS & set(text):
        raise UsernameInvalid('a username has no "/", ":", "?", "#", "\\" or invisible characters')
    if text in RESERVED_SEGMENTS or text in {".", ".."}:
        raise UsernameInvalid(f'"{text}" is reserved and cannot be a username')
    return text


def made_up_username() -> str:
    """A username that a person can read aloud, such as `brave-otter-42`."""
    return f"{secrets.choice(ADJECTIVES)}-{secrets.choice(ANIMALS)}-{10 + secrets.randbelow(90)}"
