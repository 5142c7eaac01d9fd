"""What the origins of one fetch are told, hop by hop, beside what every fetch says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from imgproxy_py.sources.url import SourceUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class HopHeaders:
    """`shared` goes to every hop. `validators` go to the final URL `validators_for` alone, and to
    all where that is None: to another page that redirects now lead to they say nothing."""

    shared: dict[str, str]
    validators: dict[str, str]
    validators_for: str | None

    @classmethod
    def of(
        cls, *, via: str, validators: Mapping[str, str] | None, validators_for: str | None
    ) -> Self:
        return cls(
            shared={"Via": via},
            validators=_sendable(validators or {}),
            validators_for=validators_for,
        )

    def is_conditional(self, hop: SourceUrl) -> bool:
        """Whether 304 is an answer."""
        return bool(self.validators) and self.validators_for in (None, hop.text)

    def to(self, hop: SourceUrl) -> dict[str, str]:
        headers = self.shared | (self.validators if self.is_conditional(hop) else {})
        if hop.authorization is not None:
            headers["Authorization"] = hop.authorization
        return headers


def _sendable(validators: Mapping[str, str]) -> dict[str, str]:
    """Validators came from an origin once: only what may stand in a header line goes back."""
    return {
        name: value for name, value in validators.items() if value.isascii() and value.isprintable()
    }
