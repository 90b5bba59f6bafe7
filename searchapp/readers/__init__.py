"""Readers: one module a format, bytes -> Extract | Reject. Nothing here decides what a field means."""
