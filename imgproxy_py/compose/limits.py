"""What the settings allow: to a fetch, and to a source image."""

from imgproxy_py.engine.job import Limits
from imgproxy_py.settings import Settings
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.policy import FetchPolicy


def fetch_policy(settings: Settings) -> FetchPolicy:
    """What a fetch may do."""
    return FetchPolicy(
        allowed_networks=settings.allowed_networks,
        allowed_ports=settings.allowed_ports,
        allowed_sources=read_patterns(",".join(settings.allowed_sources)),
        denied_sources=read_patterns(",".join(settings.denied_sources)),
        max_source_bytes=settings.max_source_bytes,
        connect_timeout_seconds=settings.connect_seconds,
        first_byte_timeout_seconds=settings.first_byte_seconds,
        idle_timeout_seconds=settings.idle_seconds,
        total_timeout_seconds=settings.fetch_seconds,
    )


def limits(settings: Settings) -> Limits:
    """What one source image may ask of the engine."""
    return Limits(
        max_pixels=settings.max_pixels,
        max_side_pixels=settings.max_side_pixels,
        max_frames=settings.max_frames,
        max_memory_bytes=settings.engine_memory_bytes,
    )
