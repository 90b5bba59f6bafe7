"""Ids that are the same on every machine and after every correction of the text; and when two articles are one.

    {source}:{own id}                                  a record that has one
    {source}:{last part of the address}-{hash}         a record that has an address
    {source}:{date or undated}:{headline}-{hash}       the rest

Parts are of A-Z a-z 0-9 . _ ~ - only, so an id needs no escaping in an address. Two articles that come to the same id
are told apart by the archive.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit

from searchapp.article import Article

_PLAIN = re.compile(r"[A-Za-z0-9._~-]{1,100}\Z", re.ASCII)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|cmpid|ncid|ito|ref|ref_src|spm|_ga|amp)\Z", re.IGNORECASE
)
_TITLE_LENGTH = 60


def identify(source: str, own: str | None, url: str | None, published: str | None, title: str, body: str) -> tuple[str, str]:
    """The id of an article of ``source`` (its id or name), and the rule that gave it."""
    prefix = slug(source) or (_hash(_folded(source), 8) if source.strip() else "unnamed")
    if own is not None and own.strip():
        return f"{prefix}:{_own(own.strip())}", "own id"
    if url:
        return f"{prefix}:{_of_url(url)}", "address"
    words = title or body[:200]
    short = slug(words, _TITLE_LENGTH)
    tail = _hash(_folded(words), 8)
    day = published[:10] if published else "undated"
    return f"{prefix}:{day}:{short}-{tail}" if short else f"{prefix}:{day}:{tail}", "date and headline"


def duplicate_key(article: Article) -> str:
    """What two records have in common when one is a repetition: source, date (with its time, if known), headline and text."""
    parts = (article.source or "", article.published or "", article.title.strip(), article.body.strip())
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def slug(text: str, length: int = 40) -> str:
    """Lower-case ASCII words joined by hyphens, cut between words; empty for a text without Latin letters or digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().replace("'", "")
    words = _NOT_SLUG.sub("-", plain).strip("-")
    if len(words) <= length:
        return words
    cut = words[: length + 1].rsplit("-", 1)[0]
    return cut[:length].strip("-")


def _own(own: str) -> str:
    if _PLAIN.match(own) and own.strip("."):
        return own
    readable = slug(own)
    return f"{readable}-{_hash(own, 10)}" if readable else _hash(own, 10)


def _of_url(url: str) -> str:
    parts = urlsplit(url)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.match(name)])
    path = parts.path.rstrip("/")
    plain = f"{parts.netloc.lower().removeprefix('www.')}{path}{'?' if query else ''}{query}"
    last = re.sub(r"\.(?:html?|php|aspx?|cms|ece|shtml)\Z", "", path.rsplit("/", 1)[-1])
    readable = slug(last, _TITLE_LENGTH)
    return f"{readable}-{_hash(plain, 10)}" if readable else _hash(plain, 10)


def _folded(text: str) -> str:
    """A text for hashing: case, accents' spelling and white space don't matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
