"""What a query may cost: one table, tested on both sides of each number and shown in the docs.

Past a limit a query is refused with advice, never cut.
"""

from __future__ import annotations

from typing import Final

MAX_CHARACTERS: Final = 512
"""Length of the query text in code points, before it is parsed."""
MAX_LEAVES: Final = 64
"""Words, phrases and other leaves in one query."""
MAX_DEPTH: Final = 8
"""Nesting of parentheses."""
MAX_EXPANSION: Final = 1024
"""Distinct forms a wildcard or fuzzy word may stand for. Prefixes have no such limit."""
MIN_PREFIX: Final = 2
"""Letters before the ``*`` of a prefix."""
MAX_FUZZY: Final = 2
"""Edits a fuzzy word may be away."""
MAX_SLOP: Final = 50
"""Other words within a phrase, and the distance of NEAR."""
MAX_WINDOW: Final = 10_000
"""Hits reachable by page number; a cursor goes on without limit."""
MAX_SIZE: Final = 100
"""Hits on one page."""
MAX_FACET_SIZE: Final = 1000
"""Values of one facet in one answer."""
MAX_FILTERS: Final = 50
"""Facet values chosen or excluded in one request."""
