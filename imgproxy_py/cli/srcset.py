"""`imgproxy-py srcset`: the HTML of a responsive image, ready to be pasted."""

import re

import click
from click.core import ParameterSource

from imgproxy_py.cli.sign import ends_at_of, server_url, signer_of
from imgproxy_py.service.image_url import Signer
from imgproxy_py.service.markup import MEDIA_TYPES, Densities, Picture, Widths
from options_grammar import OptionsError, parse

_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", re.ASCII)
DEFAULT_WIDTHS = "320,640,960,1280,1920"


@click.command(short_help="Print the HTML of a responsive image.")
@click.argument("source")
@click.option("--account", "username", required=True, metavar="NAME", help="Whose URLs they are.")
@click.option("--widths", default=DEFAULT_WIDTHS, show_default=True, help="In pixels, by commas.")
@click.option("--sizes", default="100vw", show_default=True, help="How wide its place is, as HTML.")
@click.option(
    "--fixed",
    metavar="WxH",
    help="Instead of widths: one size in CSS pixels, for screens of 1x, 2x and 3x.",
)
@click.option("--options", "text", default="", help="For all its URLs: quality=high,crop=auto …")
@click.option(
    "--formats",
    help="Print a <picture> that names these formats (avif,webp), for a cache that cannot tell "
    "browsers apart by Accept.",
)
@click.option("--alt", default="", help="What the picture shows, in words.")
@click.option(
    "--source-size", metavar="WxH", help="The source's own size: for width= and height=, and no "
    "width beyond it.",
)  # fmt: skip
@click.option(
    "--eager", "is_eager", is_flag=True, help="Load it at once: for the first picture of a page."
)
@click.option("--sign", "is_signed", is_flag=True, help="Sign the URLs, as imgproxy-py sign does.")
@click.option("--expires", default="0", show_default="never", help="As sign has it; signs.")
@click.option(
    "--key",
    envvar="IMGPROXY_PY_SIGNING_KEY",
    show_envvar=True,
    metavar="ID:SECRET",
    help="As sign has it; signs.",
)
@click.option("--url", envvar="IMGPROXY_PY_URL", show_envvar=True, help="The server's address.")
def srcset(
    source: str,
    username: str,
    widths: str,
    sizes: str,
    fixed: str | None,
    text: str,
    formats: str | None,
    alt: str,
    source_size: str | None,
    is_eager: bool,
    is_signed: bool,
    expires: str,
    key: str | None,
    url: str | None,
) -> None:
    """Print the markup of one picture, from the source at the URL SOURCE."""
    # Whoever names a key or an expiry wants signed URLs; a key that lies in the environment says
    # nothing.
    context = click.get_current_context()
    named = context.get_parameter_source("key") is ParameterSource.COMMANDLINE
    is_signed = is_signed or named or expires != "0"
    width, height = _pixels(source_size, "--source-size") if source_size else (None, None)
    picture = Picture(
        base_url=server_url(url),
        username=username,
        source=_source(source),
        steps=_fixed(fixed, text) if fixed else _widths(widths, sizes, text, width),
        more_options=text,
        alt=alt,
        width=width,
        height=height,
        signer=_signer(username, expires, key) if is_signed else None,
        is_lazy=not is_eager,
    )
    click.echo(picture.picture(_formats(formats)) if formats else picture.img())


def _source(source: str) -> str:
    if not source.lower().startswith(("http://", "https://")):
        raise click.BadParameter("a source begins with http:// or https://", param_hint="SOURCE")
    return source


def _signer(username: str, expires: str, key: str | None) -> Signer:
    return signer_of(username, key, ends_at_of(expires))


def _widths(text: str, sizes: str, options: str, source_width: int | None) -> Widths:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not (part.isascii() and part.isdigit() and int(part))]
    if wrong or not parts:
        raise click.BadParameter("widths are whole pixels by commas", param_hint="--widths")
    widths = [int(part) for part in parts]
    if source_width is not None:
        # Nothing is enlarged: beyond the source's own width the same bytes would come again.
        widths = [min(width, source_width) for width in widths]
    steps = Widths(widths=tuple(widths), sizes=sizes)
    _check(steps, options)
    return steps


def _fixed(size: str, options: str) -> Densities:
    _pixels(size, "--fixed")
    steps = Densities(size=size)
    _check(steps, options)
    return steps


def _check(steps: Widths | Densities, more: str) -> None:
    """Every URL has to be one that the server takes, without a warning; sizes are not its options'
    but the steps'."""
    if more and _names_a_size(more):
        raise click.BadParameter("leave sizes to --widths or --fixed", param_hint="--options")
    for options, _ in steps.options():
        try:
            parsed = parse(",".join(part for part in (options, more) if part))
        except OptionsError as error:
            raise click.BadParameter(str(error), param_hint="--options") from error
        if parsed.warnings:
            raise click.BadParameter(parsed.warnings[0], param_hint="--options")


def _names_a_size(text: str) -> bool:
    try:
        options = parse(text).options
    except OptionsError:
        return False  # told below, with the place marked
    return options.width is not None or options.height is not None or options.dpr != 1


def _formats(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in MEDIA_TYPES]
    if unknown or not names:
        raise click.BadParameter(
            f"formats are {', '.join(MEDIA_TYPES)}, by commas", param_hint="--formats"
        )
    return names


def _pixels(text: str, option: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise click.BadParameter(f'"{text}" is no size such as 1600x900', param_hint=option)
    return int(match[1]), int(match[2])
