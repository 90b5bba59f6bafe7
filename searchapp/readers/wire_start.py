"""What a wire message begins with: apart from its reader, so that every file can be asked without loading it."""

from __future__ import annotations


def is_wire(head: bytes) -> bool:
    """Whether a file begins as a wire message does: filler, SOH, and STX soon after."""
    start = head.lstrip(b"\x16\x00\r\n \x7f\x04")
    return start.startswith(b"\x01") and start.find(b"\x02", 0, 400) > 0
