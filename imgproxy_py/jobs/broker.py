"""News of jobs, through taskiq: a message carries a job's id and nothing else.

The row is the truth. A message only says that there is work, so that a worker looks at once instead
of at its next round; one that is lost, doubled or late does no harm. That is why it counts as
handled as soon as a worker has heard it.
"""

import logging
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from taskiq import AsyncBroker, InMemoryBroker

log = logging.getLogger(__name__)

TASK_NAME = "imgproxy_py.jobs.run"
# Messages for the jobs of one submission: enough to wake every worker that there may be.
MAX_MESSAGES = 16
# In memory there is one, who hears every message.
MESSAGES_IN_MEMORY = 1


def make_broker(url: str) -> AsyncBroker:
    """The broker that a QUEUE_URL means; ValueError for one that we cannot speak to."""
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        # Nobody asks for a task's result, so the fewest that it can keep are kept.
        return InMemoryBroker(max_stored_results=1)
    raise ValueError(f"jobs cannot wait in {scheme}://")


class News:
    """Sends and hears of new jobs; `on_news` is called for each message."""

    def __init__(self, broker: AsyncBroker, on_news: Callable[[], None]) -> None:
        async def run(job_id: str) -> None:
            on_news()

        self._broker = broker
        is_in_memory = isinstance(broker, InMemoryBroker)
        self._max_messages = MESSAGES_IN_MEMORY if is_in_memory else MAX_MESSAGES
        self._task = broker.register_task(run, task_name=TASK_NAME)

    async def start(self) -> None:
        await self._broker.startup()

    async def close(self) -> None:
        await self._broker.shutdown()

    async def send(self, ids: Sequence[str]) -> None:
        """Tell the workers. The jobs are safe in their rows, so a dead broker only delays them."""
        try:
            for job_id in ids[: self._max_messages]:
                await self._task.kiq(job_id)
        except Exception:
            log.exception("workers could not be told of new jobs; they will find them themselves")
