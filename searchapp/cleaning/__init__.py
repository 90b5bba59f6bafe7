"""Cleaning: an Extract and what is known of its source -> an Article, each value with the finding that explains it.

Pure: no files, no clock, no settings. The same extract and rules give the same article on every machine.
"""

from __future__ import annotations

from searchapp.article import Article, Finding, Span
from searchapp.cleaning.declared import read_declared
from searchapp.cleaning.draft import Draft
from searchapp.cleaning.identity import duplicate_key, identify
from searchapp.cleaning.language import by_script, normalised
from searchapp.cleaning.page import read_page
from searchapp.cleaning.rules import SourceRules
from searchapp.cleaning.values import text_of
from searchapp.errors import ArticleError
from searchapp.readers.extract import Extract

__all__ = ["SourceRules", "clean", "duplicate_key"]


RECORDS = frozenset({"jsonl", "csv"})
"""Formats whose records name their own paper. A feed's title, a page's site name or an About block name what they are
part of ("The Courier: Opinion"): there the archivist's word counts more."""


def clean(extract: Extract, source: SourceRules | None = None) -> Article:
    """The article that an extract is, under its base id (the archive numbers those that come to the same one).

    Raises ArticleError with the reason for a record that can't be an article.
    """
    rules = source or SourceRules()
    draft = Draft()
    if extract.declared or not extract.text:
        read_declared(extract, rules, draft)
    if extract.text and "body" not in extract.declared:
        read_page(extract.text, rules, draft)
    if extract.provenance.format not in RECORDS and rules.name and draft.source != rules.name:
        _rename(draft)
    _defaults(draft, rules)
    if not (draft.title or draft.body):
        raise ArticleError("neither headline nor text")
    own = text_of(extract.declared.get("id"))
    name = rules.id or draft.source or ""
    identifier, rule = identify(name, own, draft.url, draft.published, draft.title, draft.body)
    draft.findings.append(_finding_of_id(identifier, rule, own))
    return Article(
        id=identifier,
        title=draft.title,
        body=draft.body,
        provenance=extract.provenance,
        published=draft.published,
        published_precision=draft.published_precision,
        byline=tuple(draft.byline),
        agency=tuple(draft.agency),
        places=tuple(draft.places),
        dateline_date=draft.dateline_date,
        section=draft.section,
        source=draft.source,
        language=draft.language,
        tags=tuple(draft.tags),
        url=draft.url,
        page=draft.page,
        rights=draft.rights,
        available_from=draft.available_from,
        furniture="\n".join(draft.furniture),
        findings=tuple(draft.findings),
    )


def _rename(draft: Draft) -> None:
    """Let the archivist's name of the paper stand, and keep what the page said as a remark."""
    if draft.source:
        draft.findings = [finding for finding in draft.findings if finding.field != "source"]
        draft.remark("source", draft.source, "another name than the source's", None, "source")
        draft.source = None


def _defaults(draft: Draft, rules: SourceRules) -> None:
    """What the source says of articles that don't say, and the language by its letters."""
    for name, value in (("source", rules.name), ("section", rules.section), ("rights", rules.rights)):
        if value:
            draft.put(name, value, "source's default", 1.0, None, "source")
    if draft.language:
        return
    if rules.language and (code := normalised(rules.language)):
        draft.put("language", code, "source's default", 1.0, None, "source")
    elif (found := by_script(f"{draft.title}\n{draft.body}", rules.default_language)) is not None:
        draft.put("language", *found)


def _finding_of_id(identifier: str, rule: str, own: str | None) -> Finding:
    if rule == "own id" and own is not None:
        start = len(own) - len(own.lstrip())
        return Finding("id", identifier, rule, 1.0, Span(start, len(own.rstrip())), "id")
    return Finding("id", identifier, rule, 1.0, None, "url" if rule == "address" else "text")
