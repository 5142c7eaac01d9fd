"""What clients of the JSON surface are told of a receipt beside the receipt itself."""

from functools import lru_cache

from imgproxy_py.engine.receipt import Receipt

# Parsing one costs more than everything else that a repeated call needs.
figures_of = lru_cache(maxsize=2048)(Receipt.parse)
