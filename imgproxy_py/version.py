"""The version of the package, and of the engine whose results are cached."""

VERSION = "0.1.0"

# Part of every cache key: raise it when the same request would give other bytes.
ENGINE_VERSION = "3"
