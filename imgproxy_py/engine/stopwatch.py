"""Wall times of the engine's stages, by a clock that is handed in."""

from collections.abc import Callable


class Stopwatch:
    """`lap` ends a stage; `times_ms` adds the one that still runs. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._ended_ms: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        self._ended_ms = self.times_ms(stage)
        self._began = self._clock()

    def times_ms(self, running: str) -> dict[str, float]:
        """Milliseconds by stage, `running` being the name of the one that goes on."""
        passed_ms = round((self._clock() - self._began) * 1000, 1)
        return self._ended_ms | {running: passed_ms}
