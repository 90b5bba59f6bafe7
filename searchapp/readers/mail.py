"""Mail: single messages (.eml) and mboxes, by Python's email package (RFC 5322, MIME; mboxrd's quoting of ``From``).

Subject, sender and date are declared; the text is the plain part, else the HTML one, which is read as a saved page. A page
saved as MHTML is a message too: its first HTML part is read as a page, under the address it was saved from. Attachments
aren't read: each is named in a note.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parseaddr

from searchapp.readers import html
from searchapp.readers.bounds import MAX_PAGE, MIB
from searchapp.readers.declared import Declared
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.mail_start import FROM_LINE
from searchapp.readers.opening import Source, Unreadable
from searchapp.readers.records import scrubbed

_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)


def read(source: Source) -> Iterator[Extract | Reject]:
    """Every message; a mailbox is read one message at a time."""
    number = 0
    for number, (offset, raw) in enumerate(_messages(source), start=1):
        yield from _message(source, f"message {number}" if offset or source.head.startswith(b"From ") else "", offset, raw)
    if not number:
        yield Reject(source.name, "", "no message in it")


def _messages(source: Source) -> Iterator[tuple[int, bytes | None]]:
    """Each message's offset and bytes; None for one past the bound."""
    if not FROM_LINE.match(source.head.split(b"\n", 1)[0]):
        yield 0, source.whole(MAX_PAGE).lstrip()
        return
    lines: list[bytes] = []
    offset, start, size, blank = 0, 0, 0, True
    while line := source.stream.readline(MIB):
        if blank and FROM_LINE.match(line) and (lines or size):
            yield start, _QUOTED.sub(rb"\1", b"".join(lines)) if size <= MAX_PAGE else None
            start, lines, size = offset, [], 0
        elif not (size == 0 and FROM_LINE.match(line)):
            size += len(line)
            if size <= MAX_PAGE:
                lines.append(line)
        offset += len(line)
        blank = not line.strip()
    if lines or size:
        yield start, _QUOTED.sub(rb"\1", b"".join(lines)) if size <= MAX_PAGE else None


def _message(source: Source, position: str, offset: int, raw: bytes | None) -> Iterator[Extract | Reject]:
    if raw is None:
        yield Reject(source.name, position, f"a message larger than {MAX_PAGE // MIB} MiB; save its text by itself")
        return
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        yield _read(source, position, offset, raw, message)
    except (ValueError, LookupError, RecursionError, AttributeError, IndexError, KeyError, TypeError) as error:
        # The package raises these for headers that break its rules (cpython issues 27258, 30988 and their kin).
        yield Reject(source.name, position, f"not a message that can be read: {type(error).__name__}: {str(error)[:200]}")


def _read(source: Source, position: str, offset: int, raw: bytes, message: EmailMessage) -> Extract | Reject:
    declared = _headers(message)
    notes: list[str] = []
    page = _part(message, "text/html")
    if page is not None and (_is_saved_page(message) or _part(message, "text/plain") is None):
        return _page(source, position, message, page, declared)
    part = _part(message, "text/plain")
    if part is not None:
        text, encoding = _text(part)
        declared.put("body", "text/plain", text)
        notes += note(encoding, text)
    notes += [f"attachment not read: {name}" for part in message.iter_attachments() if (name := part.get_filename())]
    if not declared.values.keys() & {"title", "body"}:
        return Reject(source.name, position, "a message with neither subject nor text")
    clean, changed = scrubbed(declared.values)
    declared.values = clean
    notes += ["characters that are no text are shown as \ufffd"] if changed else []
    return declared.extract(file=source.name, format="mail", raw=raw, position=position, offset=offset or None, notes=notes)


def _headers(message: EmailMessage) -> Declared:
    declared = Declared()
    declared.put("id", "Message-ID", str(message.get("message-id", "")).strip("<> "))
    declared.put("title", "Subject", _REPLY.sub("", " ".join(str(message.get("subject", "")).split())))
    declared.put("published", "Date", str(message.get("date", "")))
    name, _ = parseaddr(str(message.get("from", "")))
    declared.add("byline", "From", [name])
    declared.put("language", "Content-Language", str(message.get("content-language", "")).split(",")[0])
    return declared


def _part(message: EmailMessage, kind: str) -> EmailMessage | None:
    """The first part of a kind that isn't attached."""
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            return part
    return None


def _text(part: EmailMessage) -> tuple[str, str]:
    """A part as text: by its declared encoding where the bytes fit it."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    label = part.get_content_charset() or "utf-8"
    try:
        text, encoding = data.decode(label), label.lower()
    except (LookupError, UnicodeDecodeError):
        text, encoding = decode(data)
    if part.get_param("format") == "flowed":
        text = _unflowed(text, delete=str(part.get_param("delsp", "")).lower() == "yes")
    return text.replace("\r\n", "\n"), encoding


def _unflowed(text: str, *, delete: bool) -> str:
    """Lines of format=flowed (RFC 3676) joined: one that ends with a blank goes on in the next."""
    return re.sub(r" \r?\n(?!\r?\n|-- )", "" if delete else " ", text)


def _is_saved_page(message: EmailMessage) -> bool:
    return message.get_content_type() == "multipart/related" and bool(
        message.get("snapshot-content-location") or _location(message)
    )


def _location(message: EmailMessage) -> str:
    part = _part(message, "text/html")
    return str((part.get("content-location") if part is not None else None) or message.get("snapshot-content-location") or "")


def _page(source: Source, position: str, message: EmailMessage, part: EmailMessage, known: Declared) -> Extract | Reject:
    """The HTML part read as a saved page; what the page doesn't say comes from the headers."""
    text, _ = _text(part)
    data = text.encode("utf-8", "replace")
    page = replace(source, head=data[:65536], stream=io.BufferedReader(io.BytesIO(data)))
    try:
        found = next(html.read(page))
    except Unreadable as error:
        return Reject(source.name, position, str(error))
    if isinstance(found, Reject):
        return Reject(source.name, position, found.reason)
    declared, origins = dict(found.declared), dict(found.origins)
    saved = _is_saved_page(message)
    location = _location(message)
    if location.startswith(("http://", "https://")) and "url" not in declared:
        declared["url"], origins["url"] = location, "Content-Location"
    for name, value in known.values.items():
        if name not in declared and not (saved and name in ("published", "byline", "id", "language")):
            declared[name], origins[name] = value, known.origins[name]
    provenance = replace(found.provenance, format="mail", record_id=declared.get("id"))
    return replace(found, declared=declared, origins=origins, position=position, provenance=provenance)
