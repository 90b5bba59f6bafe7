"""The pages: what a template needs, gathered. No markup here, no decisions in the templates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import groupby, islice

from flask import Blueprint, Response, abort, render_template, request

from searchapp.article import Article
from searchapp.errors import BadRequest
from searchapp.exports import link_of
from searchapp.fields import FIELDS, MISSING
from searchapp.query.limits import MAX_SIZE
from searchapp.query.tree import Note
from searchapp.results import FacetCount, ResultPage, SearchRequest
from searchapp.searching import Searcher
from searchapp.web import listing, params, ways
from searchapp.web.errors import KINDS, withdrawn
from searchapp.web.examples import EXAMPLES, LIMITS
from searchapp.web.state import searcher, settings
from searchapp.web.wording import Piece, paragraphs, pieces, safe_link

blueprint = Blueprint("pages", __name__)

LATEST_DAYS = 7
_LATEST_WITHIN = 28
"""Days; short enough for a histogram by day."""
_NOTHING = SearchRequest(facets=(), size=1, highlight=False)


@blueprint.get("/")
def home() -> str:
    """The search box and what there is to search."""
    held = searcher().search(replace(_NOTHING, facets=("source", "year", "section"), facet_size=1000))
    return render_template(
        "home.html",
        total=held.total,
        papers=held.facets["source"].values,
        sections=held.facets["section"].values[:12],
        years=_years(held.facets["year"]),
        latest=_latest_days(searcher()),
    )


@blueprint.get("/search")
def search() -> str | Response:
    """A page of results, or what is wrong with the request next to the box to put it right."""
    try:
        asked = params.read(request.query_string, form=True).request
        page = searcher().search(asked)
    except BadRequest as error:
        q = params.read_q(request.query_string)
        return Response(render_template("search_refused.html", q=q, problems=error.problems), 400)
    return _no_index(_results(page))


def _results(page: ResultPage) -> str:
    asked = page.request
    return render_template(
        "search.html",
        page=page,
        q=asked.q,
        headline=listing.headline(page),
        notes=[(note.message, _pointed(asked.q, note)) for note in page.notes],
        chips=listing.chips(asked),
        clear=params.to_url(listing.SEARCH, listing.widened(asked)),
        facets=listing.facet_lists(page),
        chart=listing.chart(page),
        sorts=listing.sorts(asked),
        links=listing.neighbours(page, listing.SEARCH),
        page_links=listing.page_links(page),
        carried=listing.hidden(asked, "q"),
        carried_dates=listing.hidden(asked, "from", "to"),
        ways=[] if page.total else ways.out_of(page, searcher().within(ways.BUDGET).search),
        alone=[] if page.total else listing.clauses_alone(page),
        each_found=bool(page.clauses) and all(clause.total for clause in page.clauses),
        past_end=bool(page.total and not page.hits),
        to_first=params.to_url(listing.SEARCH, listing.changed(asked)),
    )


def _pointed(q: str, note: Note) -> list[Piece]:
    """The query with the note's place in it marked."""
    return [
        piece
        for piece in (Piece(q[: note.start], False), Piece(q[note.start : note.end], True), Piece(q[note.end :], False))
        if piece.text
    ]


def _no_index(page: str) -> Response:
    response = Response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/articles/<path:article_id>")
def article(article_id: str) -> str | Response:
    """One article, with what the query matched in it marked."""
    found = searcher().article(article_id)
    if found is None:
        if held := searcher().withdrawal(article_id):
            return withdrawn(held)
        abort(404, "There is no article at this address; it may be mistyped.")
    q = params.read_q(request.query_string)
    around = searcher().neighbours(found)  # before the marks, which may take all the time there is
    marks = searcher().marks(found, q) if q else {"title": (), "body": (), "furniture": ()}
    return render_template(
        "article.html",
        article=found,
        q=q,
        title=pieces(found.title, marks["title"]),
        body=list(paragraphs(found.body, marks["body"])),
        furniture=list(paragraphs(found.furniture, marks["furniture"])),
        matches=len(marks["title"]) + len(marks["body"]),
        original=safe_link(found.url),
        day=found.period.first if found.period and found.published_precision in ("day", "time") else None,
        around=around,
        permalink=site() + link_of(found.id),
        facet_links=_facet_links(found),
    )


def _facet_links(found: Article) -> dict[str, list[listing.Link]]:
    """For each credited value, the search for all that share it."""
    shown = {
        "section": (found.section,),
        "source": (found.source,),
        "byline": found.byline,
        "agency": found.agency,
        "place": found.places,
        "tag": found.tags,
        "language": (found.language,),
    }
    return {
        name: [
            listing.Link(
                listing.value_in_words(name, value),
                params.to_url(listing.SEARCH, SearchRequest(where={name: (value,)}, sort="newest")),
            )
            for value in values
            if value
        ]
        for name, values in shown.items()
    }


@blueprint.get("/days/<day>")
def day(day: str) -> str:
    """All articles of one day, by paper."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        abort(404, "An address of a day looks like /days/2025-02-06.")
    if wanted.isoformat() != day:
        abort(404, "An address of a day looks like /days/2025-02-06.")
    printed = sorted(searcher().day(wanted), key=lambda found: (found.source is None, found.source or ""))
    papers = [(name, list(articles)) for name, articles in groupby(printed, key=lambda found: found.source)]
    before, after = searcher().days_around(wanted)
    return render_template(
        "day.html",
        day=wanted,
        papers=papers,
        count=len(printed),
        before=before,
        after=after,
        search=params.to_url(listing.SEARCH, SearchRequest(first=day, last=day)),
    )


@blueprint.get("/help")
def help_page() -> str:
    """The query language, by examples that work."""
    return render_template("help.html", examples=EXAMPLES, limits=LIMITS, fields=FIELDS)


@blueprint.get("/help/errors")
def help_errors() -> str:
    """What each kind of error means; the addresses that problem documents point to."""
    return render_template("help_errors.html", kinds=KINDS)


@blueprint.get("/about")
def about() -> str:
    """What is in the archive and how it was indexed."""
    info = searcher().generation()
    held = searcher().search(replace(_NOTHING, facets=("source", "year", "language"), facet_size=1000))
    return render_template(
        "about.html",
        info=info,
        total=held.total,
        papers=held.facets["source"],
        languages=held.facets["language"],
        years=_years(held.facets["year"]),
        undated=held.facets["year"].missing,
    )


def _years(counted: FacetCount) -> list[tuple[str, int]]:
    """Years with articles, in order."""
    return sorted((row.value, row.count) for row in counted.values if row.value != MISSING)


def _latest_days(asked: Searcher) -> list[tuple[date, int]]:
    """The last few days with articles and how many each has: off the newest articles, or, where one day has many, off
    the histogram of the weeks before it."""
    newest = asked.search(SearchRequest(sort="newest", size=MAX_SIZE, facets=(), highlight=False))
    dated = [hit.article for hit in newest.hits if hit.article.published_precision in ("day", "time")]
    days = Counter(one.period.first for one in dated if one.period)
    whole = sorted(days.items(), reverse=True)[: None if newest.next is None else -1]
    if len(whole) >= LATEST_DAYS or newest.next is None or not days:
        return whole[:LATEST_DAYS]
    latest = max(days)
    since = date.fromordinal(max(latest.toordinal() - _LATEST_WITHIN, 1))
    held = asked.search(replace(_NOTHING, first=since.isoformat(), last=latest.isoformat()))
    if held.histogram is None or held.histogram.interval != "day":
        return whole
    return list(islice(reversed(held.histogram.buckets), LATEST_DAYS))


def site() -> str:
    """The public address of the site, without the last slash; empty, for addresses within it, when the request names no
    host that could be part of one."""
    return (settings().base_url or (request.url_root if request.host else "")).rstrip("/")
