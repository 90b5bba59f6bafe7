"""The contract between the archive and whatever keeps its index.

`Engine` opens snapshots and begins builds; `Snapshot` answers; `IndexBuild` makes the next generation aside and swaps it
in. An adapter wraps its driver's errors in `EngineError` and its subclasses. Nothing of an adapter's own syntax, JSON
or HTML comes through here. Each sentence below is a test in ``tests/test_engine_contract.py``.

Order of hits, total and repeatable:
    relevance  score, highest first; then the newer date (undated last); then id ascending
    newest     date, newest first; undated last; then id ascending
    oldest     date, oldest first; undated last; then id ascending
"Date" is the instant the article's period begins: of a date-time the instant it names (UTC where it names no zone), of a
coarser date midnight UTC of its first day. A query without scored leaves gives every hit score 0.

Score of an article = sum over the text leaves that are not under NOT, of boost × idf × tf' / (k1 + tf'), with
    tf'  = Σ over the leaf's text fields f of  boost_f × tf_f / (1 - b_f + b_f × length_f / average length_f)
    idf  = ln(1 + (N - n + 0.5) / (n + 0.5)),  N live articles, n of them matching the leaf
    k1   = 1.5; boost_f and b_f from `searchapp.fields`; length in tokens; averages over all live articles
Hidden articles (see ``now`` and ``withheld``) count in N, n and the averages, so that scores don't change while a cursor walks.
BM25F (Robertson & Zaragoza 2009, eq. 3.18 ff.). tf_f is the number of occurrences of the leaf in the field: of a Term, Prefix,
Wildcard or Fuzzy its matching tokens, of a Phrase its first positions, of a Near the occurrences of ``left`` that have
a ``right`` near enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from searchapp.article import Article
from searchapp.query.marks import PageMarks
from searchapp.query.tree import Leaf, Node
from searchapp.results import FacetCount, Histogram, Sort

K1 = 1.5
"""BM25F's saturation: how much a second occurrence adds. Measured on 2026-11-22 with the fields' weights: docs/relevance.md."""


class SortKey(NamedTuple):
    """Where a hit stands in the order: enough to go on after it. ``instant`` is seconds since 1970, None = undated."""

    score: float
    instant: int | None
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """What an engine is asked.

    ``where``/``without``: facet name → whole values (`fields.MISSING` = has none); OR within a field, AND between fields.
    ``first``/``last``: days, inclusive; an article matches when its period overlaps. Hits come from ``offset`` on, or
    after ``after`` (exclusive) when given. ``facets`` are counted, each without its own ``where`` and ``without``.
    ``clauses`` are trees whose totals alone, without filters, are wanted. ``now`` (seconds since 1970) hides articles,
    everywhere and from every count, whose ``available_from`` is later; None hides none. The hits'
    marks are wanted when ``highlight`` is set. ``deadline`` (seconds of `time.monotonic`) is when the answer stops being wanted:
    looking it up ends in QueryTimeout soon after, and leaves nothing behind. None never comes.
    """

    tree: Node
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 10
    after: SortKey | None = None
    facets: tuple[str, ...] = ()
    facet_size: int = 10
    histogram: bool = False
    clauses: tuple[Node, ...] = ()
    now: int | None = None
    highlight: bool = False
    deadline: float | None = None


class EngineHit(NamedTuple):
    """A matching article with its place in the order."""

    article: Article
    key: SortKey


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """What an engine answers; counts are exact.

    The hits, in order: ``keys`` are where they stand, ``articles`` may be read only when they are looked at, ``marks`` are
    the tokens of their text fields that the leaves of the request's tree match (`query.tree.wanted`), the same that `query.marks`
    finds by reading the texts; None when they weren't asked for, or the engine leaves it to that.
    """

    total: int
    keys: tuple[SortKey, ...]
    articles: Sequence[Article]
    marks: PageMarks | None = None
    facets: Mapping[str, FacetCount]
    histogram: Histogram | None
    clauses: tuple[int, ...]

    @property
    def hits(self) -> tuple[EngineHit, ...]:
        """The articles with where they stand."""
        return tuple(map(EngineHit, self.articles, self.keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScore:
    """What one text field adds to a leaf's weight: ``boost × tf / (1 - b + b × length / average)``.

    ``tf`` is the number of the leaf's occurrences in the article's field, ``length`` its tokens, ``average`` those of all live
    articles; ``boost`` and ``b`` are the field's own, from `searchapp.fields`.
    """

    field: str
    tf: int
    length: int
    average: float
    boost: float
    b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafScore:
    """What one scored leaf adds to an article's score: ``score = boost × idf × weight / (K1 + weight)``.

    ``matching`` live articles match the leaf (*n* above). ``weight`` (*tf'*) is the sum of what ``fields`` add: all text fields
    that the leaf looks in, those without an occurrence too.
    """

    leaf: Leaf
    boost: float
    idf: float
    matching: int
    weight: float
    score: float
    fields: tuple[FieldScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an article scores what it does: ``score`` is the sum over ``leaves``, the scored ones in the order of the tree.

    ``articles`` are alive (*N* above). ``matches``: whether the article is a hit at all; if not, its score orders nothing.
    """

    score: float
    matches: bool
    articles: int
    leaves: tuple[LeafScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationInfo:
    """What is known of a generation. ``journal`` is the position up to which the journal is in it."""

    name: str
    articles: int
    analyser: str
    journal: int
    created: str
    bytes: int
    current: bool


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a generation (its name; empty: with which is current). ``message`` names the file and the way out."""

    generation: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The generations a copy holds, oldest first; ``current`` ought to be the current one there.

    ``journal`` is the position that the farthest of them reaches; ``damaged`` says what was left out.
    """

    generations: tuple[str, ...]
    current: str | None
    journal: int
    damaged: tuple[str, ...]


class Snapshot(Protocol):
    """One immutable generation, pinned: its answers never change while it is held. Safe for several threads."""

    @property
    def info(self) -> GenerationInfo:
        """The generation this is."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its articles, most frequent first (then by code); an article without one counts for none."""

    def hidden(self, now: int) -> int:
        """How many articles ``now`` (as in `EngineRequest`) hides; those withheld count too."""

    def search(self, request: EngineRequest) -> EngineAnswer:
        """Answer exactly. Raises QueryRefused when a leaf stands for more forms than the limit; QueryTimeout."""

    def keys(self, request: EngineRequest) -> Sequence[SortKey]:
        """Where the hits of `search` stand, in order, without reading an article or counting: the quickest way to ids."""

    def stream(self, request: EngineRequest) -> Iterator[Article]:
        """Every match in order, lazily, whatever ``limit`` and ``offset`` say: no cap, memory bounded by ids."""

    def ids(self, request: EngineRequest) -> Iterator[str]:
        """The ids `stream` would give, in its order, without reading an article."""

    def article(self, article_id: str) -> Article | None:
        """One article by its id."""

    def explain(self, tree: Node, article_id: str, now: int | None = None) -> Explanation | None:
        """Why an article scores what it does for ``tree``; None when there is none of that id, or ``now`` hides it.

        The score is the one that `search` gives it, whatever the filters. Raises QueryRefused like `search`.
        """


class IndexBuild(Protocol):
    """The next generation, invisible until published. A context manager: leaving it unpublished aborts.

    Adding an article replaces the one of the same id, also within one build.
    """

    def add(self, article: Article) -> None:
        """Put an article in."""

    def remove(self, article_id: str) -> None:
        """Take an article out; one that isn't there is no error."""

    def publish(self, *, journal: int) -> GenerationInfo:
        """Check what was built, make it durable, make it current. After an error the old generation is current."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Engine(Protocol):
    """An index with its generations."""

    def snapshot(self, generation: str | None = None, *, withheld: Set[str] = frozenset()) -> Snapshot:
        """The current generation (a swap by any process is seen within a second), or a named one.

        The articles whose ids are ``withheld`` are hidden by everything it answers, as ``now`` hides others: from hits, totals,
        counts and streams, and from `Snapshot.article` and `Snapshot.explain`. Each time another set may be asked for; asking for
        the same one again costs nothing.

        Raises NoIndex, IndexMismatch (another analyser or format), IndexDamaged, GenerationGone.
        """

    @property
    def trouble(self) -> str | None:
        """Why another generation answers than the one that should, as of the last look; None when all is well."""

    def generations(self) -> Sequence[GenerationInfo]:
        """All that are kept, oldest first."""

    def begin_build(self, *, full: bool, jobs: int = 1, size: int = 0) -> IndexBuild:
        """Begin the next generation: from nothing, or from the current one. The caller holds the writer lock.

        ``jobs`` processes may work at it; what it answers is the same. ``size`` is the number of bytes of the journal it will
        be built from; where there is no room for what becomes of them, EngineError is raised at once.
        Not ``full`` raises what `snapshot` raises when the current generation can't be built on.
        """

    def verify(self) -> Sequence[Damage]:
        """Read every byte of every generation that is kept: what is damaged, the current one first. Raises NoIndex."""

    def rollback(self, generation: str | None = None) -> GenerationInfo:
        """Make another generation (None: the one before) current, after it has been verified. The caller holds the writer lock.

        Raises GenerationGone when there is none, IndexDamaged or IndexMismatch when it can't be served.
        """

    def discard_others(self) -> Sequence[str]:
        """Remove every generation but the current one from the disk, even those somebody reads; gives their names.

        Their readers go on until they let go. The caller holds the writer lock.
        """

    def copy(self, directory: Path, *, link: bool) -> Copied:
        """Copy what generations there are into an empty index directory, each read in full there; none is current yet.

        ``link``: files may be shared with the copy where that is possible. Builds may go on meanwhile.
        """

    def point(self, directory: Path, generation: str) -> None:
        """Make a generation the current one in an index directory that `copy` made."""

    def unpacked(self) -> Iterator[tuple[Path, bytes]]:
        """Whatever stands compressed in any file of the index directory, of every generation and of none: file and plain bytes.

        So a search of the files and of these is a search of all that is kept.
        """

    def close(self) -> None:
        """Release files. Snapshots handed out stay usable until they are dropped."""
