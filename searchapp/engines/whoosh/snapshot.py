"""One generation, answering. The contract's `Snapshot`."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from copy import copy
from itertools import islice
from pathlib import Path

import numpy as np
from zstandard import ZstdError

from searchapp.article import Article
from searchapp.engines.base import EngineAnswer, EngineRequest, Explanation, GenerationInfo, SortKey
from searchapp.engines.whoosh.answer import Answering
from searchapp.engines.whoosh.explain import explain
from searchapp.engines.whoosh.files import WAY_OUT
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.order import Place
from searchapp.engines.whoosh.pins import Pin
from searchapp.errors import IndexDamaged
from searchapp.query.tree import Node

CHUNK = 256
"""Articles a stream reads at a time."""


class WhooshSnapshot:
    """A `Snapshot` over a generation's directory, which has been verified. ``checksum`` is its manifest's; a ``pin`` is kept."""

    def __init__(self, directory: Path, info: GenerationInfo, checksum: str = "", pin: Pin | None = None) -> None:
        self._directory = directory
        self._info = info
        self._pin = pin
        self.checksum = checksum
        self._withholding: tuple[Set[str], WhooshSnapshot] | None = None
        try:
            self.generation = OpenGeneration(directory)
        except Exception as error:
            raise self._damaged(error) from error

    @property
    def info(self) -> GenerationInfo:
        """The generation this is."""
        return self._info

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its articles, most frequent first."""
        return self.generation.languages

    def hidden(self, now: int) -> int:
        """How many articles ``now`` hides, and how many are withheld."""
        with self._damage():
            masks = zip(self.generation.views, self.generation.hidden(now), strict=True)
            return sum(int(np.count_nonzero(mask[view.live])) for view, mask in masks if len(mask))

    def withholding(self, ids: Set[str]) -> WhooshSnapshot:
        """The same generation without the articles of these ids; itself when it has none of them.

        The last one is kept: nothing is worked out by the searches between two withdrawals.
        """
        if not ids:
            return self
        last = self._withholding
        if last is None or (last[0] is not ids and last[0] != ids):
            with self._damage():
                generation = self.generation.withholding(ids)
            other = self
            if generation is not self.generation:
                other = copy(self)
                other.generation = generation
            self._withholding = last = (ids, other)
        return last[1]

    def search(self, request: EngineRequest) -> EngineAnswer:
        """Answer exactly. Raises QueryRefused when a leaf stands for more forms than the limit."""
        with self._damage():
            return Answering(self.generation, request, self._damage).answer()

    def keys(self, request: EngineRequest) -> Sequence[SortKey]:
        """Where the hits of `search` stand, in order; where nothing else decides, without looking at all matches."""
        with self._damage():
            return Answering(self.generation, request).keys()

    def stream(self, request: EngineRequest) -> Iterator[Article]:
        """Every match in order (after ``request.after``, if given); raises before the first article, reads lazily."""
        with self._damage():
            places = Answering(self.generation, request).ordered()
        return self._articles(places)

    def ids(self, request: EngineRequest) -> Iterator[str]:
        """The ids `stream` would give, in its order, without reading an article; raises before the first."""
        with self._damage():
            places = Answering(self.generation, request).ordered()
        return self._ids(places)

    def article(self, article_id: str) -> Article | None:
        """One article by its id."""
        with self._damage():
            return self.generation.article(article_id)

    def explain(self, tree: Node, article_id: str, now: int | None = None) -> Explanation | None:
        """Why an article scores what it does; None when there is none of that id, or it is hidden."""
        with self._damage():
            found = self.generation.row(article_id)
            if found is None:
                return None
            hidden = self.generation.hidden(now)[found[0]]
            return None if len(hidden) and hidden[found[1]] else explain(self.generation, tree, *found)

    def _ids(self, places: Iterator[Place]) -> Iterator[str]:
        views = self.generation.views
        while some := list(islice(places, CHUNK)):
            with self._damage():
                ids = [views[place.segment].segment.id(place.doc) for place in some]
            yield from ids

    def _articles(self, places: Iterator[Place]) -> Iterator[Article]:
        views = self.generation.views
        while some := list(islice(places, CHUNK)):
            with self._damage():
                articles = [views[place.segment].segment.article(place.doc) for place in some]
            yield from articles

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """What Whoosh and the decoders raise for bytes that aren't theirs becomes IndexDamaged."""
        try:
            yield
        except (OSError, EOFError, ValueError, KeyError, IndexError, struct.error, ZstdError, pickle.UnpicklingError) as error:
            self._drop_scratch()
            raise self._damaged(error) from error
        except BaseException:
            self._drop_scratch()
            raise

    def _drop_scratch(self) -> None:
        """Working arrays are all 0 between searches; one that was broken off may have left sums in them."""
        for view in self.generation.views:
            view.drop_scratch()

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(f"{self._directory} can't be read ({error!r}); {WAY_OUT}")
