"""Uploads of jobs that have ended: those of one transaction are removed with one call to the store,
and a pack with the last of its jobs."""

import asyncio
import logging

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.upload_needs import upload_needs
from imgproxy_py.jobs.upload_packs import upload_name
from imgproxy_py.jobs.uploads import Uploads

log = logging.getLogger(__name__)


class UnneededUploads:
    """Belongs to one event loop."""

    def __init__(self, uploads: Uploads, database: Database) -> None:
        self._uploads = uploads
        self._database = database
        self._waiting: set[str] = set()
        self._deleting: asyncio.Task[None] | None = None

    async def forget(self, job: Job) -> None:
        """Return when it is gone, or others need its pack, or something failed and it is left to
        be swept (reconcile.py). The row of `job` says that it has ended."""
        self._waiting.add(upload_name(job))
        if self._deleting is None:
            self._deleting = asyncio.create_task(self._delete_all())
        await asyncio.shield(self._deleting)

    async def _delete_all(self) -> None:
        names: list[str] = []
        try:
            while self._waiting:
                names, self._waiting = sorted(self._waiting), set()
                needs = await upload_needs(self._database, names)
                await self._uploads.delete([name for name in names if not needs.get(name)])
        except Exception:
            log.exception("uploads stay until they are swept", extra={"uploads": names})
        finally:
            self._deleting = None
