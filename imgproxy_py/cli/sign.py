"""`imgproxy-py sign`: a signed URL, made here or anywhere with a signing key."""

import re
import time
from datetime import UTC, datetime

import click

from imgproxy_py.accounts.errors import SigningKeyInvalid
from imgproxy_py.accounts.url_signature import NEVER, SigningKey, read_secret
from imgproxy_py.cli.installation import Installation, as_json_option, in_installation, print_json
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.moments import utc_text
from imgproxy_py.service.image_url import Signer, image_url
from options_grammar import OptionsError, parse

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LASTING = re.compile(r"([1-9][0-9]{0,8})([smhd])", re.ASCII)
_MOMENT = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)


@click.command(short_help="Sign a URL.")
@click.argument("source", required=False)
@click.option("--account", "username", required=True, metavar="NAME", help="Whose URL it is.")
@click.option("--options", "text", default="full", show_default=True, help="As in a URL.")
@click.option(
    "--expires",
    default="0",
    show_default="never",
    help="A time from now (90s, 15m, 12h, 30d) or a moment in Unix seconds.",
)
@click.option(
    "--key",
    envvar="IMGPROXY_PY_SIGNING_KEY",
    show_envvar=True,
    metavar="ID:SECRET",
    help="What signing-key create printed.  [default: the account's newest]",
)
@click.option("--url", envvar="IMGPROXY_PY_URL", show_envvar=True, help="The server's address.")
@as_json_option
def sign(
    source: str | None,
    username: str,
    text: str,
    expires: str,
    key: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Print the signed URL of SOURCE, or without one the address that takes uploads.

    With --key nothing else is needed; without it the key comes from this installation's database.
    """
    try:
        parse(text)
    except OptionsError as error:
        raise click.BadParameter(str(error), param_hint="--options") from error
    if source is not None and not source.lower().startswith(("http://", "https://")):
        raise click.BadParameter("a source begins with http:// or https://", param_hint="SOURCE")
    ends_at = ends_at_of(expires)
    signer = signer_of(username, key, ends_at)
    base_url = server_url(url)
    signed = image_url(base_url, username, text, source, signer=signer)
    if as_json:
        moment = None if ends_at == NEVER else datetime.fromtimestamp(ends_at, UTC)
        print_json({"url": signed, "key_id": signer.key_id, "expires_at": utc_text(moment)})
    else:
        click.echo(signed)


def server_url(url: str | None) -> str:
    """The server's address without a slash at its end: what is given, else PUBLIC_URL."""
    if url is None:
        return load_settings().public_url.rstrip("/")
    if not re.match(r"https?://[^/?#]+", url, re.IGNORECASE):
        raise click.BadParameter(
            f'"{url}" is no address such as https://img.example.com', param_hint="--url"
        )
    return url.rstrip("/")


def signer_of(username: str, key: str | None, ends_at: int) -> Signer:
    """The key that is given, else the account's newest in this installation's database."""
    return _given(key, ends_at) if key else _newest(username, ends_at)


def ends_at_of(text: str) -> int:
    """Unix seconds; 0 for never."""
    lasting = _LASTING.fullmatch(text)
    if lasting:
        return int(time.time()) + int(lasting[1]) * _SECONDS[lasting[2]]
    if not _MOMENT.fullmatch(text):
        raise click.BadParameter(
            f'"{text}" is neither a time such as 12h nor a moment in Unix seconds',
            param_hint="--expires",
        )
    moment = int(text)
    if moment != NEVER and moment <= time.time():
        raise click.BadParameter(
            f"{text} is a moment that has passed, {datetime.fromtimestamp(moment, UTC):%Y-%m-%d}; "
            f"{text} seconds from now are {text}s",
            param_hint="--expires",
        )
    return moment


def _given(key: str, ends_at: int) -> Signer:
    key_id, _, secret = key.partition(":")
    try:
        return Signer(key_id=key_id, secret=read_secret(secret), expires=ends_at)
    except SigningKeyInvalid as error:
        raise click.BadParameter(f"it is ID:SECRET; {error}", param_hint="--key") from error


def _newest(username: str, ends_at: int) -> Signer:
    async def work(here: Installation) -> list[SigningKey]:
        return await here.access.keys(await here.account(username))

    active = [each for each in in_installation(work) if each.is_active]
    if not active:
        raise click.ClickException(
            f'the account "{username}" has no signing key; '
            f"make one: imgproxy-py signing-key create --account {username}"
        )
    return Signer(key_id=active[-1].id, secret=active[-1].secret, expires=ends_at)
