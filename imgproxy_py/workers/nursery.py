"""Where children come from: the template, started when first needed and again when it died."""

import asyncio
import socket
from pathlib import Path

from imgproxy_py.workers.compiled import cache_environment
from imgproxy_py.workers.forked import Child, ChildDied
from imgproxy_py.workers.forking import ChildSettings, Forked
from imgproxy_py.workers.process import TemplateDied, TemplateProcess


class Nursery:
    """Belongs to one event loop. `cache_directory` is where compiled code is kept when it cannot
    lie beside the source."""

    def __init__(self, cache_directory: Path | None = None) -> None:
        self._cache_directory = cache_directory
        self._template: TemplateProcess | None = None
        self._turn = asyncio.Lock()
        self._births: set[asyncio.Task[Child]] = set()

    @property
    def template_pid(self) -> int | None:
        return None if self._template is None else self._template.pid

    async def child(self, settings: ChildSettings) -> Child:
        """A new child, ready for work; `ChildDied` when there is none to be had.

        A caller that is cancelled leaves a child that is ended at once. The conversation with the
        template goes on: to break it off would cost everybody's children.
        """
        birth = asyncio.get_running_loop().create_task(self._born(settings))
        self._births.add(birth)
        birth.add_done_callback(self._births.discard)
        try:
            return await asyncio.shield(birth)
        except asyncio.CancelledError:
            birth.add_done_callback(_end_unwanted)
            raise

    async def close(self) -> None:
        """End the template, and with it every child that is left."""
        births = list(self._births)
        for birth in births:
            birth.cancel()
        await asyncio.gather(*births, return_exceptions=True)
        self._end_template()

    async def _born(self, settings: ChildSettings) -> Child:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                child = Child(await self._forked(settings, theirs), ours)
        except BaseException:
            ours.close()
            raise
        try:
            await child.receive()  # READY
        except BaseException:
            child.kill()
            raise
        return child

    async def _forked(self, settings: ChildSettings, theirs: socket.socket) -> Forked:
        async with self._turn:
            try:
                template = await self._living_template()
                forked = await template.fork(settings, theirs.fileno())
            except TemplateDied as error:
                self._end_template()
                raise ChildDied from error
        if forked is None:
            raise ChildDied
        return forked

    async def _living_template(self) -> TemplateProcess:
        if self._template is not None and not self._template.is_alive:
            self._end_template()
        if self._template is None:
            environment = await asyncio.to_thread(cache_environment, self._cache_directory)
            self._template = await TemplateProcess.start(environment)
        return self._template

    def _end_template(self) -> None:
        template, self._template = self._template, None
        if template is not None:
            template.end()


def _end_unwanted(birth: "asyncio.Task[Child]") -> None:
    if not birth.cancelled() and birth.exception() is None:
        birth.result().kill()
