"""Compiled loops over arrays. They know nothing of articles or queries, and check no bounds: callers size every array."""
