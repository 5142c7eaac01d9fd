"""`DELETE /api/v1/cache?url=…&tag=…`: what is stored of a source, or under a tag, is forgotten."""

from dataclasses import dataclass

from imgproxy_py.accounts.errors import PurgeNotAllowed
from imgproxy_py.service.purge import Purger
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.query import pairs_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.errors import QueryInvalid
from imgproxy_py.web.reply import Reply

_MAX_CHARACTERS = {"url": 16_384, "tag": 128}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheApi:
    """`usernames` are those who may purge, "*" for everybody: what was purged is fetched and made
    anew for whoever asks for it next, and is an image of that account's quota."""

    purger: Purger
    usernames: tuple[str, ...]

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="DELETE",
                template="/api/v1/cache",
                handler=self._purge,
                asks_for_work=True,
            ),
        )

    async def _purge(self, call: ApiCall) -> Reply:
        username = call.caller.account.username
        if username not in self.usernames and "*" not in self.usernames:
            raise PurgeNotAllowed(username)
        named = _named(call)
        purged = await self.purger.purge(urls=named["url"], tags=named["tag"])
        return json_reply(purged.as_json())


def _named(call: ApiCall) -> dict[str, list[str]]:
    """`url` and `tag`, both as often as one likes. Raises QueryInvalid."""
    named: dict[str, list[str]] = {"url": [], "tag": []}
    for name, value in pairs_of(call):
        if name not in named:
            raise QueryInvalid(f'the query knows "url" and "tag", not "{name[:40]}"')
        if not value.strip() or len(value) > _MAX_CHARACTERS[name]:
            raise QueryInvalid(f'"{name}" has 1 to {_MAX_CHARACTERS[name]} characters')
        named[name].append(value.strip())
    if not any(named.values()):
        raise QueryInvalid(
            "say what to purge: ?url= with the source's URL, percent-encoded, or ?tag="
        )
    return named
