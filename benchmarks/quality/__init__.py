"""The quality benchmark: bytes at equal score, beside what other servers would have answered."""
