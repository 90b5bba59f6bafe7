"""What was learnt about forms, kept in a file between processes: their stems.

A stem costs some ten microseconds, and NLTK's import a quarter of a second. The file is a cache: one that is damaged, of
another analyser or too large is as good as none.

    line 1   JSON: format, analyser, chains (to each its number of forms and of bytes), digest of the rest (BLAKE2b, 16 bytes)
    rest     each chain's bytes in turn: UTF-8, a line a form: form, tab, stem, the stem empty where it is the form
"""

from __future__ import annotations

import os
from hashlib import blake2b
from json import dumps, loads
from pathlib import Path
from typing import Any

from searchapp.analysis import ANALYSER
from searchapp.analysis.stemming import REMEMBERED, chains, recall, remembered

FORMAT = "learnt stems 1"
_BYTES = 64 << 20
"""The largest file that is read."""


def save(path: Path, aside: Path | None = None) -> bool:
    """Keep what this process has learnt and what the file has. False if that isn't more than the file has already.

    The file is written in the directory ``aside`` (else beside it) and replaced whole; one that isn't there is made. Raises
    OSError.
    """
    had, _ = _read(path)
    if all(len(remembered(chain)) <= had.get(chain, (0, 0))[0] for chain in chains()):
        return False
    load(path)
    learnt = {chain: list(stems.items()) for chain in chains() if (stems := remembered(chain))}
    parts = {chain: _lines(stems) for chain, stems in learnt.items()}
    sizes = {chain: (len(learnt[chain]), len(part)) for chain, part in parts.items()}
    body = b"".join(parts.values())
    header = dumps({"format": FORMAT, "analyser": ANALYSER, "chains": sizes, "digest": _digest(body)})
    fresh = (aside or path.parent) / f"{path.name}.{os.getpid()}.new"
    fresh.write_bytes(header.encode("ascii") + b"\n" + body)
    os.replace(fresh, path)
    return True


def load(path: Path) -> int:
    """Have the file's stems at hand. Returns how many it has: 0 if there is none or it can't be used.

    Reads and checks the file; its lines are taken apart when they are needed.
    """
    sizes, body = _read(path)
    at = 0
    for chain, (_, size) in sizes.items():
        recall(chain, body[at : at + size])
        at += size
    return sum(count for count, _ in sizes.values())


def _lines(stems: list[tuple[str, str]]) -> bytes:
    return "".join([f"{form}\t{'' if stem == form else stem}\n" for form, stem in stems]).encode()


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _read(path: Path) -> tuple[dict[str, tuple[int, int]], bytes]:
    """Forms and bytes of each chain, and the bytes; nothing if the file isn't whole, of this format and analyser."""
    try:
        if path.stat().st_size > _BYTES:
            return {}, b""
        line, _, body = path.read_bytes().partition(b"\n")
        header = loads(line)
    except (OSError, ValueError, RecursionError):
        return {}, b""
    if not isinstance(header, dict) or (header.get("format"), header.get("analyser")) != (FORMAT, ANALYSER):
        return {}, b""
    sizes = header.get("chains")
    if not isinstance(sizes, dict) or not all(_is_usual(*item) for item in sizes.items()):
        return {}, b""
    return (sizes, body) if header.get("digest") == _digest(body) else ({}, b"")


def _is_usual(chain: str, sizes: Any) -> bool:
    if chain not in chains() or not isinstance(sizes, list) or len(sizes) != 2:
        return False
    return all(isinstance(size, int) for size in sizes) and 0 <= sizes[0] <= REMEMBERED and 0 <= sizes[1] <= _BYTES
