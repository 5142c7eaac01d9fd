"""How much a batch may hold. Clients read this too, and need nothing else of jobs."""

MAX_FILES_IN_CHUNK = 50
MAX_FILES_IN_BATCH = 50_000
