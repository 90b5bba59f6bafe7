"""Judgments -> how good the ranking is: nDCG@10, MAP, MRR, P@10, recall@100, success@1 and @10.

Queries are JSON lines ``{"_id": "1", "text": "…"}`` (``id`` does as well; other keys are ignored), judgments lines of query
id, article id and grade, apart by tabs, with or without a heading: the files of BEIR (Thakur et al. 2021). TREC's four
columns (query id, anything, article id, grade) are read too. A grade of 1 or more means relevant, higher is better.

A judged article is the one whose id is the judgment's, or whose id's part after the source is: ``184`` is ``cranfield:184``,
of whatever source. (A record's own id that an article id can't hold is looked for as `searchapp.cleaning.identity` writes it.)
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Literal, get_args

from searchapp.analysis import tokens
from searchapp.cleaning.identity import identify
from searchapp.errors import Problem, QueryRefused, SearchAppError
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

Match = Literal["any", "all"]
MATCHES: tuple[str, ...] = get_args(Match)
DEPTH = 1000
"""Hits looked at for each query, as in TREC's runs; what is relevant below counts as not found."""

Gains = Mapping[str, int]
"""Article id -> grade, of one query."""


class JudgmentsError(SearchAppError):
    """A file of queries or judgments can't be used; the message names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came out. ``measures``: name -> mean over ``queries``, the number of queries that have a relevant article.

    ``unjudged`` queries have none and are left out. ``judged`` articles are relevant to some query; ``absent`` of them are
    not in the index, and count as not found.
    """

    measures: Mapping[str, float]
    queries: int
    unjudged: int
    judged: int
    absent: int
    generation: str


def evaluate(searcher: Searcher, queries: Mapping[str, str], qrels: Mapping[str, Gains], match: Match = "any") -> Evaluation:
    """Run every judged query and measure its first `DEPTH` hits.

    Raises JudgmentsError when nothing can be measured, QueryRefused (naming the query) past a limit, and like `Searcher.search`.
    """
    kept = {query: _by_own_id(gains) for query, gains in qrels.items() if query in queries and _relevant(gains)}
    judged = {article for gains in kept.values() for article in _relevant(gains)}
    if not judged:
        raise JudgmentsError("no query has a relevant article; there is nothing to measure")
    absent = len(judged) - len(judged & {_known(found, judged) for found in searcher.ids(SearchRequest())})
    if absent == len(judged):
        raise JudgmentsError("none of the relevant articles is in this index; is it the right one?")
    runs = [(_ranking(searcher, query, queries[query], gains, match), gains) for query, gains in kept.items()]
    return Evaluation(
        measures={name: fmean(measure(ranking, gains) for ranking, gains in runs) for name, measure in MEASURES.items()},
        queries=len(kept),
        unjudged=len(queries) - len(kept),
        judged=len(judged),
        absent=absent,
        generation=searcher.generation().name,
    )


def written(text: str, match: Match) -> str:
    """A question in natural words as a query: with ``all`` as it stands, with ``any`` its words joined by OR.

    Words are quoted, so that none is read as an operator; none is left out, however common; one that is repeated counts
    each time.
    """
    if match == "all":
        return text
    return " OR ".join(f'"{text[token.start : token.end]}"' for token in tokens(text, None))


def _ranking(searcher: Searcher, query: str, text: str, gains: Gains, match: Match) -> list[str]:
    """The ids of a query's hits, best first, as the judgments call them."""
    asked = written(text, match)
    if not asked.strip():
        return []
    try:
        return [_known(found, gains) for found in islice(searcher.ids(SearchRequest(q=asked)), DEPTH)]
    except QueryRefused as error:
        raise QueryRefused([Problem(f"query {query}", problem.message) for problem in error.problems]) from error


def _known(article_id: str, judged: Gains | set[str]) -> str:
    return article_id if article_id in judged else article_id.partition(":")[2]


def _by_own_id(gains: Gains) -> dict[str, int]:
    """Judgments by ids as articles have them; a whole id stays itself."""
    return {article if ":" in article else identify("-", article, None, None, "", "")[0].partition(":")[2]: grade
            for article, grade in gains.items()}  # fmt: skip


def _relevant(gains: Gains) -> list[str]:
    return [article for article, grade in gains.items() if grade > 0]


# The measures: a ranking (best first) and the grades -> 0 to 1


def ndcg(ranking: Sequence[str], gains: Gains, depth: int = 10) -> float:
    """Discounted gain of the first ``depth`` hits over that of the best possible order.

    Järvelin & Kekäläinen 2002, in the form of trec_eval's ``ndcg_cut``: the gain is the grade (below 0 counts as 0), the
    discount log2(rank + 1).
    """
    best = sorted((max(grade, 0) for grade in gains.values()), reverse=True)[:depth]
    ideal = _discounted(best)
    return _discounted([max(gains.get(article, 0), 0) for article in ranking[:depth]]) / ideal if ideal else 0.0


def _discounted(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def average_precision(ranking: Sequence[str], gains: Gains) -> float:
    """Mean, over all relevant articles, of the precision at their ranks; 0 for one not found (Manning et al. 2008, eq. 8.8)."""
    ranks = _ranks(ranking, gains)
    relevant = len(_relevant(gains))
    return sum(number / rank for number, rank in enumerate(ranks, 1)) / relevant if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], gains: Gains) -> float:
    """1 / rank of the first relevant hit; 0 without one (Voorhees 1999)."""
    ranks = _ranks(ranking, gains)
    return 1 / ranks[0] if ranks else 0.0


def precision(ranking: Sequence[str], gains: Gains, depth: int = 10) -> float:
    """Share of relevant ones among ``depth`` hits; missing hits count as not relevant (trec_eval's ``P``)."""
    return len(_ranks(ranking[:depth], gains)) / depth


def recall(ranking: Sequence[str], gains: Gains, depth: int = 100) -> float:
    """Share of the relevant articles that are among the first ``depth`` hits (trec_eval's ``recall``)."""
    relevant = len(_relevant(gains))
    return len(_ranks(ranking[:depth], gains)) / relevant if relevant else 0.0


def success(ranking: Sequence[str], gains: Gains, depth: int) -> float:
    """1 when a relevant article is among the first ``depth`` hits, else 0 (trec_eval's ``success``)."""
    return float(bool(_ranks(ranking[:depth], gains)))


def _ranks(ranking: Sequence[str], gains: Gains) -> list[int]:
    return [rank for rank, article in enumerate(ranking, 1) if gains.get(article, 0) > 0]


MEASURES: Mapping[str, Callable[[Sequence[str], Gains], float]] = {
    "nDCG@10": ndcg,
    "MAP": average_precision,
    "MRR": reciprocal_rank,
    "P@10": precision,
    "recall@100": recall,
    "success@1": lambda ranking, gains: success(ranking, gains, 1),
    "success@10": lambda ranking, gains: success(ranking, gains, 10),
}


# The files


def read_queries(path: Path) -> dict[str, str]:
    """Query id -> text. Raises JudgmentsError."""
    queries: dict[str, str] = {}
    for where, line in _lines(path):
        try:
            record = json.loads(line)
            query, text = record.get("_id", record.get("id")), record["text"]
        except (ValueError, KeyError, AttributeError) as error:
            raise JudgmentsError(f'{where}: not a query; write {{"_id": "1", "text": "words"}}') from error
        if not isinstance(query, str | int) or isinstance(query, bool) or not isinstance(text, str):
            raise JudgmentsError(f"{where}: _id and text must be text")
        if str(query) in queries:
            raise JudgmentsError(f"{where}: there is a query {query!r} already")
        queries[str(query)] = text
    return queries


def read_qrels(path: Path, queries: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Query id -> article id -> grade. Raises JudgmentsError, also for a query that isn't among ``queries``."""
    qrels: dict[str, dict[str, int]] = {}
    for number, (where, line) in enumerate(_lines(path)):
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) == 4:
            del cells[1]
        if len(cells) != 3:
            raise JudgmentsError(f"{where}: {len(cells)} columns; write query id, article id and grade, apart by tabs")
        query, article, grade = (cell.strip() for cell in cells)
        try:
            value = int(grade)
        except ValueError as error:
            if number == 0:  # a heading
                continue
            raise JudgmentsError(f"{where}: the grade must be a whole number, not {grade!r}") from error
        if query not in queries:
            raise JudgmentsError(f"{where}: there is no query {query!r}")
        if qrels.setdefault(query, {}).setdefault(article, value) != value:
            raise JudgmentsError(f"{where}: query {query!r} and article {article!r} have another grade above")
    return qrels


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that aren't blank, each with its place."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise JudgmentsError(f"{path}: {reason}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path}, line {number}", line.rstrip("\r")
