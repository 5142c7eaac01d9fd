"""The one error of starting with wrong settings; it names all of them at once."""

from collections.abc import Sequence


class SettingsError(ValueError):
    """Settings that cannot be used. It is for the operator, never for a requester."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = (
            "one setting is" if len(self.problems) == 1 else f"{len(self.problems)} settings are"
        )
        super().__init__("\n".join([f"{count} wrong:", *(f"  {text}" for text in self.problems)]))
