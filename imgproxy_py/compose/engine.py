"""What makes pictures: the engine's processes, and what they do while nobody waits."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from imgproxy_py.service.idle_engine import IdleEngine
from imgproxy_py.service.making import Engine
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.results import StoredResults
from imgproxy_py.settings import Settings
from imgproxy_py.workers.pool import EnginePool, PoolSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    """`idle` works while no request needs the processor; without `refiner` nothing is made anew."""

    pool: EnginePool
    idle: Engine
    refiner: Refiner | None


async def start_engine(
    settings: Settings, results: StoredResults, stack: AsyncExitStack
) -> EngineParts:
    """Every process is ready when this returns."""
    pool = await _pool(settings, stack)
    if not settings.refine:
        return EngineParts(pool=pool, idle=pool, refiner=None)
    refiner = Refiner(pool.background, results)
    refiner.start()
    stack.push_async_callback(refiner.close)
    return EngineParts(pool=pool, idle=IdleEngine(pool.background), refiner=refiner)


async def _pool(settings: Settings, stack: AsyncExitStack) -> EnginePool:
    pool = EnginePool(
        PoolSettings(
            children=settings.engine_workers,
            max_waiting=settings.queue_length,
            memory_bytes=settings.engine_memory_bytes,
            has_background=settings.refine,
            cache_directory=settings.data_dir / "cache" / "numba",
        )
    )
    stack.push_async_callback(pool.close)
    await pool.start()
    return pool
