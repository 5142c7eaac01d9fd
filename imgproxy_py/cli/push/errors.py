"""Why a push ends early. Nobody but the person at the command line sees these."""


class PushError(Exception):
    """The push cannot go on; the message says why and what helps."""


class Refused(PushError):
    """The server said no, and would say so again. `code` is its own word for it."""

    def __init__(self, *, status: int, code: str, detail: str, remedy: str = "") -> None:
        told = f"the server refused this ({status} {code}): {detail}"
        super().__init__(f"{told}; {remedy}" if remedy else told)
        self.status = status
        self.code = code


class Unreachable(PushError):
    """The server did not answer for as long as is worth waiting."""


class ResultLost(Exception):
    """A result is no longer at its address, so its picture has to be sent again."""
