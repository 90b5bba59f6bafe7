"""How much a reader takes in: one table, tested on both sides of each number and shown in docs/formats.md.

What is past a bound is rejected with the way out, never cut.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

MAX_PAGE: Final = 16 * MIB
"""A text save or HTML page, in bytes after unpacking."""
MAX_LINES: Final = 20_000
"""Lines of a text save that aren't blank; one article has some hundreds."""
MAX_FEED: Final = 64 * MIB
"""A feed, which is parsed whole."""
MAX_RECORD: Final = 16 * MIB
"""One line of JSONL, item of an array or row of CSV."""
MAX_DOCUMENT: Final = 64 * MIB
"""A JSON object that holds its articles in a list, which is parsed whole. Lines and arrays are streamed without a bound."""
MAX_XML: Final = 64 * MIB
"""An XML document of the trade (NITF, NewsML, an export), which is parsed whole."""
MAX_ELEMENTS: Final = 1_000_000
"""Elements of such a document."""
MAX_RATIO: Final = 200
"""Times its packed size a .gz may unpack to, once past `RATIO_FROM`: news text packs to a third or a tenth."""
RATIO_FROM: Final = 64 * MIB
"""Unpacked bytes up to which the ratio isn't looked at."""
HEAD: Final = 64 * 1024
"""Bytes at the beginning of a file that its format and encoding are told from."""
MAX_REREAD: Final = 4 * MAX_RECORD
"""Bytes of a CSV that may be read twice to find the next good row after unclosed quotes."""
