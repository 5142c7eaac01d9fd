"""`imgproxy-py account url-rules`: who may use an account's URLs, and for which sources."""

from dataclasses import replace

import click

from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.cli.installation import Installation, as_json_option, in_installation, print_json
from imgproxy_py.sources.patterns import read_patterns


@click.command("url-rules")
@click.argument("username")
@click.option(
    "--signatures",
    type=click.Choice(["required", "optional"]),
    help="Whether URLs have to be signed.",
)
@click.option(
    "--allowed-sources",
    metavar="LIST",
    help="Host patterns and URL prefixes, as in the setting ALLOWED_SOURCES; empty for all.",
)
@click.option(
    "--allowed-referrers",
    metavar="LIST",
    help='Hosts of pages that may show the pictures, *.example.com too, and "none" for requests '
    "that name no page; empty for all.",
)
@as_json_option
def url_rules(
    username: str,
    signatures: str | None,
    allowed_sources: str | None,
    allowed_referrers: str | None,
    as_json: bool,
) -> None:
    """Show the rules of the URLs of the account USERNAME, and change those that are given.

    Lists are separated by commas. A running server notices changes within five seconds.
    """
    changes = _changes(signatures, allowed_sources, allowed_referrers)

    async def work(here: Installation) -> UrlRules:
        account = await here.account(username)
        if changes:
            before = await here.access.load(account.id)
            await here.access.change(account, replace(before, **changes))  # type: ignore[arg-type]
        return await here.access.load(account.id)

    rules = in_installation(work)
    if as_json:
        print_json(_rules_json(rules))
    else:
        _tell(rules, username)


def _changes(
    signatures: str | None, allowed_sources: str | None, allowed_referrers: str | None
) -> dict[str, object]:
    """The fields of the rules that are to be others."""
    changes: dict[str, object] = {}
    if signatures is not None:
        changes["requires_signature"] = signatures == "required"
    if allowed_sources is not None:
        changes["allowed_sources"] = _patterns(allowed_sources)
    if allowed_referrers is not None:
        changes["allowed_referrers"] = _listed(allowed_referrers.lower())
    return changes


def _tell(rules: UrlRules, username: str) -> None:
    click.echo(f"signatures         {'required' if rules.requires_signature else 'optional'}")
    click.echo(f"allowed sources    {', '.join(rules.allowed_sources) or 'all'}")
    click.echo(f"allowed referrers  {', '.join(rules.allowed_referrers) or 'all'}")
    if rules.requires_signature and not rules.signing_keys:
        click.echo(
            "every URL is refused until there is a key to sign with: "
            f"imgproxy-py signing-key create --account {username}",
            err=True,
        )


def _patterns(text: str) -> tuple[str, ...]:
    try:
        read_patterns(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--allowed-sources") from error
    return _listed(text)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _rules_json(rules: UrlRules) -> dict[str, object]:
    return {
        "signatures": "required" if rules.requires_signature else "optional",
        "allowed_sources": list(rules.allowed_sources),
        "allowed_referrers": list(rules.allowed_referrers),
        "signing_keys": len(rules.signing_keys),
    }
