"""Side by side: this engine and those a reader could pick instead, on the same articles and queries. ``make bench``."""
