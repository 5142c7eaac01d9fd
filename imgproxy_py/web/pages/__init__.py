"""The pages that people see, from templates beside this file. Nothing is loaded from elsewhere."""

from functools import cache
from importlib import resources
from textwrap import dedent

import jinja2

from imgproxy_py.web.pages.next_steps import next_steps

# A request target may be 64 KB long; a person reads its beginning.
MAX_ASKED_CHARACTERS = 600


def error_page(*, status: int, code: str, message: str, marked: str | None, asked: str) -> str:
    """A small page that says what was wrong, shows where, and names the next step.

    `marked` are the options and, in a second line, the marker under the fault.
    """
    options, _, marker = dedent(marked or "").partition("\n")
    return (
        _environment()
        .get_template("error.html")
        .render(
            status=status,
            code=code,
            message=message,
            options=options,
            marker=marker,
            steps=next_steps(status=status, code=code, is_marked=bool(marked)),
            shows_form=code in ("options_missing", "source_url_invalid", "source_missing"),
            asked=_shortened(asked),
        )
    )


def front_page(*, public_url: str) -> str:
    """The first page: what this server does, shown on its own sample picture."""
    return _environment().get_template("front.html").render(public_url=public_url)


def render(template: str, **told: object) -> str:
    """A page from its template; what it is told is escaped there."""
    return _environment().get_template(template).render(told)


def docs_script() -> str:
    """The one script of the docs page, which stands in it."""
    return resources.files("imgproxy_py.web").joinpath("pages", "docs.js").read_text("utf-8")


def _shortened(asked: str) -> str:
    return asked if len(asked) <= MAX_ASKED_CHARACTERS else asked[:MAX_ASKED_CHARACTERS] + " …"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("imgproxy_py.web", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
