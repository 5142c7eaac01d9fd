"""Runs the engine in killable child processes, away from the event loop."""
