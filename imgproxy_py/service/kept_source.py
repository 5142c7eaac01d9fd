"""The bytes of a source that outlive its request, without a copy: a second descriptor."""

import os
from dataclasses import dataclass

from imgproxy_py.sources.spool import Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """A complete source. Whoever keeps it closes it: the bytes are held until then."""

    descriptor: int
    bytes_written: int
    sha256: str

    @classmethod
    def of(cls, spool: Spool) -> "KeptSource":
        """The complete source in `spool`; OSError when there are no descriptors left."""
        return cls(
            sha256=spool.sha256,
            bytes_written=spool.bytes_written,
            descriptor=os.dup(spool.fileno()),
        )

    @property
    def is_complete(self) -> bool:
        return True

    @property
    def has_ended(self) -> bool:
        return True

    @property
    def failure(self) -> Exception | None:
        return None

    def fileno(self) -> int:
        return self.descriptor

    async def wait_progress(self, _seen: int) -> int:
        return self.bytes_written

    def close(self) -> None:
        os.close(self.descriptor)
