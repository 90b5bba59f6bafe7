"""What stands compressed in any file of an index, unpacked: so that a search of its bytes is a proof.

Believes no directory and no table: every place where a zstd frame may begin (RFC 8878, 3.1.1) is tried, also in files that
belong to no generation, with every dictionary that a file of stored articles has.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from zstandard import ZstdCompressionDict, ZstdDecompressor, ZstdError, get_frame_parameters

from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.layout import STORED
from searchapp.engines.whoosh.segment import LARGEST
from searchapp.errors import EngineError

MAGIC = b"\x28\xb5\x2f\xfd"


def unpacked(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Every frame below a directory that can be unpacked, with its file. Raises EngineError for a file that can't be read."""
    files = [path for path in sorted(root.rglob("*")) if _is_file(path)]
    decompressors = {0: ZstdDecompressor()} | _with_dictionaries(files)
    for path in files:
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size:
                    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                        for frame in _frames(data, decompressors):
                            yield path, frame
        except FileNotFoundError:  # somebody else's, and gone
            continue
        except OSError as error:
            raise EngineError(f"{path} can't be read: {error.strerror}") from error


def _frames(data: mmap.mmap, decompressors: Mapping[int, ZstdDecompressor]) -> Iterator[bytes]:
    view = memoryview(data)
    try:
        at = data.find(MAGIC)
        while at >= 0:
            try:
                known = decompressors.get(get_frame_parameters(view[at : at + 18]).dict_id)
                if known is not None:
                    yield known.decompress(view[at:], max_output_size=LARGEST, allow_extra_data=True)
            except ZstdError:  # bytes that only look like a frame
                pass
            at = data.find(MAGIC, at + 1)
    finally:
        view.release()


def _with_dictionaries(files: list[Path]) -> dict[int, ZstdDecompressor]:
    found = {}
    for path in files:
        if path.name.endswith(STORED):
            try:
                data = arrays.read(path)[0]["stored.dictionary"].tobytes()
            except (OSError, ValueError, KeyError):  # damaged: `verify` tells
                continue
            if data:
                known = ZstdCompressionDict(data)
                found[known.dict_id()] = ZstdDecompressor(dict_data=known)
    return found


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False
