"""Text to tokens: what a token is, how it is folded and stemmed, which words queries drop.

    definition   text -> tokens with offsets (NLTK's RegexpTokenizer), and the forms of what is typed
    batch        many texts -> numbered forms with offsets, compiled: what an index is built from (surfaces, scan, characters)
    folding      letters that readers don't tell apart
    stemming     a form's stem in a language (NLTK's SnowballStemmer; for many English forms at once, english: the same, compiled)
    learnt       stems kept in a file between processes
    stopwords    what a query leaves out

The same analysis serves articles and queries. A change that alters any form, position or stem needs a new number in
`ANALYSER`, which is kept with every index. It does not know fields, queries or engines.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from searchapp.analysis.definition import Token, columns, compounds, readings, tokens
from searchapp.analysis.folding import fold
from searchapp.analysis.stemming import chain, stem
from searchapp.analysis.stopwords import is_stop_word


def _nltk_version() -> str:
    """What ``nltk.__version__`` is read from. Importing NLTK, or `importlib.metadata`, would be most of a command's start."""
    spec = find_spec("nltk")
    if spec is None or spec.origin is None:
        raise ImportError("nltk isn't installed")
    return Path(spec.origin).with_name("VERSION").read_text("ascii").strip()


ANALYSER = f"news-3 nltk-{_nltk_version()}"
"""Name and version of the analysis. An index built under another one is refused."""

__all__ = ["ANALYSER", "Token", "chain", "columns", "compounds", "fold", "is_stop_word", "readings", "stem", "tokens"]
