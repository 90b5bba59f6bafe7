"""The embedded engine: generations of a Whoosh index, evaluated exactly on arrays."""
