"""What processes share beside the store: records in memcached, and who works on what."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from imgproxy_py.settings import Settings
from imgproxy_py.store.leases import FileLeases, Leases
from imgproxy_py.store.memcached import MemcachedCache
from imgproxy_py.store.memcached_leases import MemcachedLeases
from imgproxy_py.store.memcached_servers import MemcachedServers


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedParts:
    """`leases` is None where nobody else sees what is stored."""

    records: MemcachedCache | None = None
    leases: Leases | None = None


def start_shared(settings: Settings, secret: bytes, stack: AsyncExitStack) -> SharedParts:
    """Nothing is connected yet, and nothing fails because memcached is not there."""
    if settings.results_url.startswith("memory:"):
        return SharedParts()
    if not settings.memcached_servers:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        leases = FileLeases(settings.data_dir / "leases.lock")
        stack.push_async_callback(leases.close)
        return SharedParts(leases=leases)
    servers = MemcachedServers(settings.memcached_servers)
    stack.push_async_callback(servers.close)
    of_memcached = MemcachedLeases(servers, secret=secret)
    stack.push_async_callback(of_memcached.close)
    return SharedParts(records=MemcachedCache(servers, secret=secret), leases=of_memcached)
