"""HTML in declared texts (feeds, exports) to paragraphs. Anything that only looks like a tag (``<SRD>``) is left alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS_WORDS = (
    "address article aside blockquote body dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "html li main nav ol p pre section table tbody td th thead tr ul"
)
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_INLINE_WORDS = "a abbr b big br cite code del em font i img ins mark q s small span strong sub sup time tt u var wbr"
_INLINE = frozenset(_INLINE_WORDS.split())
_HIDDEN = frozenset(["script", "style", "noscript", "template", "iframe", "object", "svg", "head", "title"])
_LOOKS_LIKE = re.compile(
    r"</(?:p|div|a|b|i|em|strong|span|ul|ol|li|h[1-6]|blockquote|table|td|tr|figure|section|article|body|html|font|u)\s*>"
    r"|<br\s*/?>|<p(?:\s[^<>]*)?>\s*\S|<(?:img|hr|div|a|iframe)\s[^<>]*>",
)


def is_markup(text: str) -> bool:
    """Whether a text is HTML: it closes an element, breaks a line or shows a picture as HTML does."""
    return "<" in text and _LOOKS_LIKE.search(text) is not None


def strip_markup(text: str) -> str:
    """The visible text of a piece of HTML: blocks as paragraphs, ``<br>`` as a line end, entities as characters."""
    parser = _Paragraphs()
    parser.feed(text)
    parser.close()
    return parser.text()


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[str] = []
        self._pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self._end()
        elif tag == "br":
            self._pieces.append("\n")
        elif tag not in _INLINE:
            self._pieces.append(self.get_starttag_text() or "")
        del attrs

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def _end(self) -> None:
        lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(self._pieces).split("\n")]
        self._pieces.clear()
        text = re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()
        if text:
            self._blocks.append(text)

    def text(self) -> str:
        self._end()
        return "\n\n".join(self._blocks)
