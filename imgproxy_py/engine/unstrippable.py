"""Why a source cannot be stripped; it never leaves the engine, the source just does not compete."""


class NotStrippableError(ValueError):
    """The container's structure is not what its standard says."""
