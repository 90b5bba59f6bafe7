"""What a request may cost the service, beside what a query may (`searchapp.query.limits`). Told in docs/limits.md.

Past a limit a request is refused with the limit and the way out; nothing is cut, and nothing waits in a queue that has no end.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from searchapp.settings import Settings

MAX_BODY: Final = 0
"""Bytes of a request's body: nothing here reads one."""
MAX_ADDRESS: Final = 8000
"""Bytes of a query string: 512 characters of any script percent-encoded, and room for filters."""
MAX_LINE: Final = 8190
"""Bytes of a request line, which gunicorn holds, as the next two; the most it allows."""
MAX_HEADERS: Final = 50
"""Header fields of a request."""
MAX_HEADER: Final = 8190
"""Bytes of one header field."""
MAX_PARAMETERS: Final = 100
"""Parameters in one address. A search has use for 50 filters and a dozen others; each wrong one is answered with advice."""
MAX_CURSOR: Final = 6000
"""Characters of a cursor. One has about 150, and 4 for each 3 bytes of the id of the article it stands at."""
STREAMS: Final = 2
"""Exports and site maps that a worker writes at once: each keeps a thread for as long as its client takes to read."""
RESERVED: Final = 4
"""Threads of a worker that searches and streams never take: for health, static files, and refusing the rest."""
PATIENCE: Final = 0.5
"""Seconds a search waits for its turn, of the time it has altogether; later it would hardly be answered in time."""
BURST_SECONDS: Final = 10
"""A client may have made none of its requests for so long and make them all at once (setting `client_rate`)."""
MAX_CLIENTS: Final = 10_000
"""Clients whose rate a worker remembers; the one not seen for longest is forgotten."""
RETRY_BUSY: Final = 1
"""Seconds after which to try again when all places were taken: none is taken longer."""
RETRY_SLOW: Final = 5
"""Seconds after which to try a search again that took too long: whatever slowed it may be over."""


class Places(NamedTuple):
    """How many searches a worker runs at once, and how many more wait for their turn."""

    running: int
    waiting: int


def places(settings: Settings) -> Places:
    """What `threads` and `searches` leave: whatever is taken, `RESERVED` threads are free for what isn't a search."""
    room = max(1, settings.threads - STREAMS - RESERVED)
    running = min(settings.searches, room)
    return Places(running, room - running)
