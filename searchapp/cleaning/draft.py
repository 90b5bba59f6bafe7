"""An article in the making: values, and for each the finding that explains it."""

from __future__ import annotations

from dataclasses import dataclass, field

from searchapp.article import Finding, Precision, Span

_OPENING = 80


def opening(text: str) -> str:
    """What stands for a whole text in its finding: the beginning of its first line."""
    return text.split("\n", 1)[0][:_OPENING]


@dataclass(slots=True, kw_only=True)
class Draft:
    """Collects what is found. Single values: the first one found stays. Lists: in the order found, each value once."""

    title: str = ""
    body: str = ""
    published: str | None = None
    published_precision: Precision | None = None
    byline: list[str] = field(default_factory=list)
    agency: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    dateline_date: str | None = None
    section: str | None = None
    source: str | None = None
    language: str | None = None
    tags: list[str] = field(default_factory=list)
    url: str | None = None
    page: str | None = None
    rights: str | None = None
    available_from: str | None = None
    furniture: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _held: set[tuple[str, str]] = field(default_factory=set)

    def put(
        self, name: str, value: str, rule: str, confidence: float = 1.0, span: Span | None = None, where: str = "text"
    ) -> bool:
        """Set a value, or add it to a list, with its finding. False when the field had it already."""
        held = getattr(self, name)
        if isinstance(held, list):
            if (name, value) in self._held:
                return False
            self._held.add((name, value))
            held.append(value)
        elif held:
            return False
        else:
            setattr(self, name, value)
        shown = value if name != "body" else opening(value)
        self.findings.append(Finding(name, shown, rule, confidence, span, where))
        return True

    def remark(self, name: str, value: str, rule: str, span: Span | None = None, where: str = "text") -> None:
        """A finding of confidence 0: seen and not used, with the reason as its rule."""
        self.findings.append(Finding(name, value[:200], rule, 0.0, span, where))

    def set_published(
        self, value: str, precision: Precision, rule: str, confidence: float, span: Span | None, where: str
    ) -> bool:
        """Set the date, unless there is one."""
        if not self.put("published", value, rule, confidence, span, where):
            return False
        self.published_precision = precision
        return True
