"""Strategies for queries: by the grammar, bent, and raw."""

from __future__ import annotations

from hypothesis import strategies as st

from searchapp.fields import FIELDS

WORDS = st.one_of(
    st.sampled_from(
        "bridge flood the of and NEAR OR NOT AND to inquiry élan बाढ़ पुल U.S. don't co-operation 1,250 x 東京".split()
    ),
    st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=12),
)
FIELD_NAMES = st.sampled_from([*(field.name for field in FIELDS), "date", "in", "colour", "titel"])
DATES = st.sampled_from(
    "2025 2025-02 2025-02-06 2025-13 0000 9999-12-31 2025-01..2025-03 ..2025 2025.. [2024 TO 2025] yesterday".split()
)
SUFFIX = st.sampled_from(["", "", "", "*", "~", "~1", "~2", "~9", "^2", "^1e308", "^nan", "?", "??*", "*a*"])
QUOTES = st.sampled_from(['"{}"', "“{}”", "«{}»", '"{}"~3', '"{}"~99', '"{}', "={}", "('{}')"])


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        st.builds("({})".format, inner),
        st.builds(" ".join, joined),
        st.builds(" OR ".join, joined),
        st.builds(" AND ".join, joined),
        st.builds("NOT {}".format, inner),
        st.builds("-{}".format, inner),
        st.builds("{} NEAR/{} {}".format, inner, st.sampled_from(["1", "5", "50", "51", "", "x"]), inner),
        st.builds("{}:{}".format, FIELD_NAMES, inner),
        st.builds("{}:({})".format, FIELD_NAMES, inner),
        st.builds(lambda form, text: form.format(text), QUOTES, inner),
    )


LEAVES = st.one_of(
    st.builds("{}{}".format, WORDS, SUFFIX),
    st.builds("date:{}".format, DATES),
    st.builds(lambda form, words: form.format(" ".join(words)), QUOTES, st.lists(WORDS, max_size=5)),
)
GRAMMATICAL = st.recursive(LEAVES, _compound, max_leaves=12)
"""Queries as people write them, deep and wide, with the mistakes they make."""

RAW = st.one_of(
    st.text(max_size=80),
    st.text('ab "()*?~^:-=.,/[]{}\\<>&|!+ANDORTOE0123456789“”‘’「」（）：　\u200b\u202e\u0301\x00', max_size=120),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Mn", "Zs", "Zl", "So"]), max_size=60),
)
"""Anything at all, lone surrogates too."""


@st.composite
def _bent(draw: st.DrawFn) -> str:
    text = draw(GRAMMATICAL)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at]
            + draw(st.sampled_from(['"', "(", ")", "*", "~", ":", "-", "^", " ", "\x00", "\ud800", "é", "OR", ""]))
            + text[at + draw(st.integers(0, 2)) :]
        )
    return text


BENT = _bent()
"""Queries of the grammar with something put in or left out."""
ANY = st.one_of(GRAMMATICAL, BENT, RAW)
