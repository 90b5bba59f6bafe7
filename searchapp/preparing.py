"""Extracts cleaned by other processes before they are judged; the order stays.

Cleaning is most of what taking records in costs. Judging needs every record before it, so the caller does that itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

from searchapp.archive import children
from searchapp.article import Article
from searchapp.cleaning import SourceRules, clean
from searchapp.errors import ArchiveError, ArticleError
from searchapp.readers.extract import Extract
from searchapp.reading import Found
from searchapp.sources import Source

TOGETHER, CHARACTERS = 100, 1_000_000
"""Extracts given to a process at a time, and their text at most, but for the last one's."""
AHEAD = 3
"""Times as many extracts that may wait for each process."""
FEWEST = 1_000
"""Extracts to clean below which no process is begun: it takes as long as cleaning these."""

Wanted = Callable[[Extract, Source], bool]
"""Whether an extract will have to be cleaned."""
_Waiting = tuple[list[Found], list[int], Future[list[Article | None]] | None]


def prepared(found: Iterable[Found], jobs: int, wanted: Wanted) -> Iterator[tuple[Found, Article | None]]:
    """All that was found, with the articles of those extracts that processes have cleaned; with one job, the caller has to.

    An extract that is no article comes without one. Raises ArchiveError when a process dies.
    """
    if jobs == 1:
        yield from ((one, None) for one in found)
        return
    with children.pool(jobs) as pool:
        waiting: deque[_Waiting] = deque()
        seen = 0
        for part in _parts(found):
            chosen = [place for place, (_, source, one) in enumerate(part) if isinstance(one, Extract) and wanted(one, source)]
            seen += len(chosen)
            made = pool.submit(_cleaned, [_of(part[place]) for place in chosen]) if chosen and seen > FEWEST else None
            waiting.append((part, chosen, made))
            if made is None or len(waiting) > AHEAD * jobs:
                yield from _collected(*waiting.popleft())
        while waiting:
            yield from _collected(*waiting.popleft())


def _parts(found: Iterable[Found]) -> Iterator[list[Found]]:
    part: list[Found] = []
    characters = 0
    for one in found:
        part.append(one)
        characters += len(one[2].text) if isinstance(one[2], Extract) else 0
        if len(part) >= TOGETHER or characters >= CHARACTERS:
            yield part
            part, characters = [], 0
    yield part


def _of(found: Found) -> tuple[Extract, SourceRules]:
    _, source, extract = found
    assert isinstance(extract, Extract)
    return extract, source.rules


def _collected(
    part: list[Found], chosen: list[int], made: Future[list[Article | None]] | None
) -> Iterator[tuple[Found, Article | None]]:
    articles: dict[int, Article | None] = {}
    if made is not None:
        try:
            articles = dict(zip(chosen, made.result(), strict=True))
        except BrokenProcessPool as error:
            raise ArchiveError(
                "a process that cleaned records died (out of memory?); what was read before is safe, try again with --jobs 1"
            ) from error
    yield from ((one, articles.get(place)) for place, one in enumerate(part))


def _cleaned(extracts: Sequence[tuple[Extract, SourceRules]]) -> list[Article | None]:
    return [_article(extract, rules) for extract, rules in extracts]


def _article(extract: Extract, rules: SourceRules) -> Article | None:
    try:
        return clean(extract, rules)
    except ArticleError:  # the caller will meet it again, where it is told
        return None
