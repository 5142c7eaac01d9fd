"""The pages that people see, from templates beside this file. Nothing is loaded from elsewhere."""

from functools import cache

import jinja2


def error_page(*, status: int, code: str, message: str, marked: str | None) -> str:
    """A small page that says what was wrong, shows where, and names the next step."""
    template = _environment().get_template("error.html")
    return template.render(status=status, code=code, message=message, marked=marked)


def front_page(*, public_url: str) -> str:
    """The first page: what this server does, shown on its own sample picture."""
    return _environment().get_template("front.html").render(public_url=public_url)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("imgproxy_py.web", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
