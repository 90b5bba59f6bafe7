"""Full-text search for a newspaper's archive.

The whole way, and where each step lives (imports point only upwards in this list):

    readers/     a file's bytes        -> Extract | Reject
    archive/     Extract               -> the journal, which is the truth
    cleaning/    Extract               -> Article, each field with its finding
    analysis/    text                  -> tokens, forms and stems
    query/       what a reader typed   -> a tree of nodes, and notes on how it was read
    engines/     Articles              -> a generation; tree -> matches, counts, order
    indexing     sources -> journal -> clean -> engine: built aside, checked, published
    searching    SearchRequest -> ResultPage
    web/, cli    views of a ResultPage
"""

from __future__ import annotations

__version__ = "0.1.0"
