"""How the bytes of a source image get here: fetched from an origin, or uploaded."""
