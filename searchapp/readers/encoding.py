"""Bytes to text: a byte order mark, then UTF-8, then what the document declares, then what the bytes look like.

Whatever is not plain UTF-8 is told in a note.
"""

from __future__ import annotations

import codecs
import io
import re

from searchapp.readers.letters import by_letters

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 16 * 1024
_DECLARED = re.compile(rb"""(?:charset\s*=\s*["']?|<\?xml[^>]*encoding\s*=\s*["'])\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_LABELS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}
_LABELS |= {"gb2312": "gb18030", "gbk": "gb18030", "x-sjis": "cp932", "shift_jis": "cp932", "ks_c_5601-1987": "cp949"}
_LABELS |= {"euc-kr": "cp949", "iso-8859-9": "cp1254", "tis-620": "cp874"}


def decode(data: bytes, *, declared: bool = False) -> tuple[str, str]:
    """The text and the name of its encoding, never failing: what can't be decoded becomes U+FFFD.

    ``declared``: believe a ``charset=`` or an XML declaration when the bytes are not valid UTF-8.
    """
    encoding = detect(data, declared=declared)
    text = data.decode(encoding, "replace")
    return text.removeprefix("\ufeff"), encoding


def detect(data: bytes, *, declared: bool = False, cut: bool = False) -> str:
    """The encoding of ``data``; ``cut`` says that it may end within a character. Browsers' rules for old labels
    (WHATWG Encoding, section 4.2) are followed."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if (wide := _wide(data[:_SAMPLE])) is not None:
        return wide
    if b"\x1b$" in data and data.isascii():
        return "iso2022_jp"
    if _is_utf8(data, cut):
        return "utf-8"
    if declared and (label := _label(data[:4096])) is not None and _fits(data, label):
        return label
    return _guess(data)


def note(encoding: str, text: str) -> tuple[str, ...]:
    """What a person should know about how a text was decoded: nothing for clean UTF-8."""
    notes: list[str] = [] if encoding == "utf-8" else [f"not UTF-8: read as {encoding}"]
    if encoding != "utf-8" and "\ufffd" in text:
        notes.append("some bytes could not be read; they are shown as \ufffd")
    return tuple(notes)


def is_binary(data: bytes) -> bool:
    """Whether a sample is no text at all: NUL or control bytes in more than one place of a hundred, and no wide encoding."""
    sample = data[:_SAMPLE]
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _wide(sample) is not None:
        return False
    odd = sum(sample.count(byte) for byte in _CONTROL)
    return odd * 100 > len(sample)


_CONTROL = tuple(byte for byte in range(32) if byte not in (9, 10, 11, 12, 13, 27))


def _is_utf8(data: bytes, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=not cut)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: most characters of news text have zero high bytes, or share one."""
    quarter = len(sample) // 4
    if quarter < 4:
        return None
    zeros = [sample[start::4].count(0) / quarter for start in range(4)]
    for encoding, first, zero in (("utf-32-le", 0, (2, 3)), ("utf-32-be", 3, (0, 1))):
        if zeros[first] < 0.5 and all(zeros[at] > 0.9 for at in zero):
            return encoding
    for encoding, low, high in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        if sample[high::2].count(0) > 0.4 * len(sample) / 2 and sample[low::2].count(0) < 0.02 * len(sample):
            return encoding
    return None


def _label(head: bytes) -> str | None:
    match = _DECLARED.search(head)
    if match is None:
        return None
    label = match[1].decode("ascii").lower()
    label = _LABELS.get(label, label)
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return None if name.startswith(("utf-16", "utf-32", "utf-7")) or name not in _TEXT_CODECS else name


def _fits(data: bytes, encoding: str) -> bool:
    text = data[: 4 * _SAMPLE].decode(encoding, "replace")
    return text.count("\ufffd") * 50 <= len(text)


def _guess(data: bytes) -> str:
    """UTF-8 with a few broken bytes, the encoding whose letters are those of one language, else charset-normalizer's opinion."""
    sample = data[: 4 * _SAMPLE]
    as_utf8 = sample.decode("utf-8", "replace")
    high = sum(character >= "\x80" for character in as_utf8)
    if high and as_utf8.count("\ufffd") * 10 < high:
        return "utf-8"
    return by_letters(sample) or _opinion(sample)


def _opinion(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    encoding = "cp1252" if best is None else codecs.lookup(best.encoding).name
    return encoding if encoding in _TEXT_CODECS else "cp1252"


_TEXT_CODECS = frozenset(
    codecs.lookup(name).name
    for name in (
        *(f"cp125{last}" for last in range(9)),
        *(f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *("utf-8", "koi8-r", "koi8-u", "cp866", "cp437", "cp850", "cp852", "cp855", "cp874", "mac-roman", "mac-cyrillic"),
        *("gb18030", "big5", "big5hkscs", "cp950", "cp932", "euc-jp", "iso2022_jp", "cp949", "johab"),
    )
)


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8, piece by piece; ``returns``: its lines end in carriage returns alone."""

    def __init__(self, stream: io.BufferedReader, encoding: str, returns: bool) -> None:
        self._stream = stream
        self._returns = returns
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest and not self._ended:
            data = self._stream.read(64 * 1024)
            self._ended = not data
            text = self._decoder.decode(data, final=not data)
            self._rest = (text.replace("\r", "\n") if self._returns else text).encode("utf-8", "replace")
        piece = self._rest[: len(buffer)]
        self._rest = self._rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def as_utf8(stream: io.BufferedReader, head: bytes) -> tuple[io.BufferedReader, str]:
    """The stream as UTF-8 with line feeds, and the encoding it has. UTF-8 goes through untouched, broken bytes and all."""
    encoding = detect(head, cut=True)
    lone = head.count(b"\r") - head.count(b"\r\n")
    returns = lone > head.count(b"\r\n") and head.find(b"\n") not in range(head.find(b"\r"))
    if encoding == "utf-8" and not returns:
        return stream, encoding
    return io.BufferedReader(_Recoded(stream, encoding, returns), buffer_size=256 * 1024), encoding
