"""How one file is read: every article's fields with their findings, what was cut, what was rejected. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from searchapp.article import Article, Finding
from searchapp.cleaning import SourceRules, clean
from searchapp.errors import ArticleError
from searchapp.readers import Extract, Reject, passed_over, read_file, walk

_AROUND = 30
"""Code points of context shown on either side of a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table of findings. ``excerpt`` is the text that the span covers, in its surroundings."""

    field: str
    value: str
    rule: str
    confidence: float
    where: str
    start: int | None
    end: int | None
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one record became: an article with its findings, or a reject (also for a file that is passed over)."""

    file: str
    position: str
    article: dict[str, Any] | None = None
    findings: tuple[Row, ...] = ()
    furniture: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reject: str | None = None
    unused: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        shown: dict[str, Any] = {"file": self.file, "position": self.position}
        if self.reject is not None:
            return shown | {"reject": self.reject}
        rows = [{name: getattr(row, name) for name in Row.__dataclass_fields__} for row in self.findings]
        return shown | {
            "article": self.article,
            "findings": rows,
            "furniture": list(self.furniture),
            "notes": list(self.notes),
            "unused": self.unused,
        }


def inspect(
    path: Path, root: Path | None = None, *, format: str | None = None, source: SourceRules | None = None
) -> Iterator[Reading]:
    """Every record of a file (or of the files below a directory), as indexing would read it; nothing is kept.

    ``root`` is what file names are told relative to; by default the directory of ``path``. Never raises for what a file
    holds.
    """
    base = root or (path if path.is_dir() else path.parent)
    for file in walk(path):
        for record in read_file(file, base, format):
            yield reading_of(record, source)
    for left in passed_over(path):
        yield Reading(file=left.file, position="", reject=f"not read: {left.reason}")


def reading_of(record: Extract | Reject, source: SourceRules | None = None) -> Reading:
    """What a record becomes."""
    if isinstance(record, Reject):
        return Reading(file=record.file, position=record.position, reject=record.reason)
    file, position = record.provenance.file, record.position
    try:
        article = clean(record, source)
    except ArticleError as error:
        return Reading(file=file, position=position, reject=str(error))
    return Reading(
        file=file,
        position=position,
        article=article.to_json(),
        findings=tuple(_row(finding, record) for finding in article.findings),
        furniture=_furniture(article),
        notes=record.notes,
        unused={name: value for name, value in record.declared.items() if name not in record.origins},
    )


def _furniture(article: Article) -> tuple[str, ...]:
    return tuple(finding.value for finding in article.findings if finding.field == "furniture")


def _row(finding: Finding, record: Extract) -> Row:
    text = record.text if finding.where == "text" else record.declared.get(finding.where)
    span = finding.span
    excerpt = ""
    if span is not None and isinstance(text, str):
        before, after = text[max(0, span.start - _AROUND) : span.start], text[span.end : span.end + _AROUND]
        covered = text[span.start : span.end]
        shown = covered if len(covered) <= 2 * _AROUND else f"{covered[:_AROUND]}…{covered[-_AROUND:]}"
        excerpt = " ".join(f"{before}⟦{shown}⟧{after}".split())
    return Row(
        field=finding.field,
        value=finding.value,
        rule=finding.rule,
        confidence=finding.confidence,
        where=finding.where,
        start=span.start if span else None,
        end=span.end if span else None,
        excerpt=excerpt,
    )
