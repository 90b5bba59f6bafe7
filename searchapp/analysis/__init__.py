"""Text to tokens: what a token is, how it is folded and stemmed, which words queries drop.

    definition   text -> tokens with offsets (NLTK's RegexpTokenizer), and the forms of what is typed
    folding      letters that readers don't tell apart
    stemming     a form's stem in a language (NLTK's SnowballStemmer)
    stopwords    what a query leaves out

The same analysis serves articles and queries. A change that alters any form, position or stem needs a new number in
`ANALYSER`, which is kept with every index. It does not know fields, queries or engines.
"""

from __future__ import annotations

from importlib.metadata import version

from searchapp.analysis.definition import Token, columns, compounds, readings, tokens
from searchapp.analysis.folding import fold
from searchapp.analysis.stemming import chain, stem
from searchapp.analysis.stopwords import is_stop_word

ANALYSER = f"news-2 nltk-{version('nltk')}"
"""Name and version of the analysis. An index built under another one is refused."""

__all__ = ["ANALYSER", "Token", "chain", "columns", "compounds", "fold", "is_stop_word", "readings", "stem", "tokens"]
