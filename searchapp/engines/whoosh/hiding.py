"""Which documents of a segment are hidden, counted among others: a byte a document, empty when none is. Usually they are few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.view import Docs, View

Mask = NDArray[np.uint8]


def documents(view: View, mask: Mask) -> Docs:
    """The live ones that are hidden, ascending."""
    hidden = mask.view(np.bool_)
    docs: Docs = np.flatnonzero(hidden if not len(view.dead) else hidden & view.live).astype(np.int32)
    return docs


def among(view: View, docs: Docs, mask: Mask) -> int:
    """How many of some live documents (ascending) are hidden."""
    if not len(mask) or not len(docs):
        return 0
    hidden = documents(view, mask)
    places = np.searchsorted(docs, hidden)
    return int(np.count_nonzero(docs[np.minimum(places, len(docs) - 1)] == hidden))
