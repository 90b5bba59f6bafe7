"""What a message or mailbox begins with: apart from its reader, so that every file can be asked without loading it."""

from __future__ import annotations

import re

FROM_LINE = re.compile(rb"^From \S+.*\d{4}\s*$")
"""What separates the messages of a mailbox (RFC 4155)."""
_HEADERS = re.compile(rb"(?:[\x21-\x39\x3b-\x7e]+:(?:[ \t].*)?\r?\n(?:[ \t].*\r?\n)*)+")
_TELLING = re.compile(
    rb"^(?:received|message-id|mime-version|return-path|delivered-to|content-type|date|from|to|subject):",
    re.IGNORECASE | re.MULTILINE,
)
_ENOUGH = 3


def is_mail(head: bytes) -> bool:
    """Whether a file begins with a block of headers of which three and more are mail's."""
    head = head.lstrip()
    first, _, rest = head.partition(b"\n")
    block = _HEADERS.match(rest if FROM_LINE.match(first) else head)
    return block is not None and len({name.lower() for name in _TELLING.findall(block[0])}) >= _ENOUGH
