"""The query language: what a reader typed -> `ParsedQuery`. Total: no text makes it raise, none takes long.

    query    = any ;  any = all { "OR" all } ;  all = not { ["AND"] not } ;  not = { "NOT" | "-" } near
    near     = part { "NEAR/n" part } ;  part = [ field ":" ] ( "(" any ")" | word | "phrase" | [a TO b] )

A scanner (`searchapp.query.scanner`) and a recursive descent that recurses only through parentheses, whose depth is
limited. What can't be read is guessed, and the guess is a `Note`; what would cost too much is refused, never cut.
``docs/query-language.md`` says what each operator means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from searchapp.analysis import is_stop_word
from searchapp.errors import Problem
from searchapp.query.dates import range_inside
from searchapp.query.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_LEAVES
from searchapp.query.plain import read
from searchapp.query.scanner import Lexeme, scan, without_surrogates
from searchapp.query.scope import ANYWHERE, PLACES_TO_LOOK, Scope, boosted, joined_and, joined_or, negated
from searchapp.query.tree import Everything, Keyword, Node, Not, Note, Nothing, Term, leaves
from searchapp.query.wording import in_words
from searchapp.query.words import WordReader, near

_OPERATORS = frozenset(("AND", "OR", "NOT", "NEAR"))
_NO_PART = frozenset((*_OPERATORS, ")", "END"))
_AFTER_ALL = frozenset(("OR", ")", "END"))


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query as it was read.

    ``text`` is the query (lone surrogates replaced). ``notes`` say, in order of place, where it was read differently from
    how it was written. ``refused`` names the limits it is past (``tree`` is then `Nothing`). ``clauses`` are the parts that
    must all match, as written and as nodes (none when every article is asked for); ``read_as`` is the tree in words.
    """

    text: str
    tree: Node
    notes: tuple[Note, ...] = ()
    refused: tuple[Problem, ...] = ()
    clauses: tuple[tuple[str, Node], ...] = ()
    read_as: str = ""


def parse(text: str, languages: Sequence[str] = ()) -> ParsedQuery:
    """Read ``text`` for an archive in ``languages`` (most frequent first). Never raises."""
    if len(text) > MAX_CHARACTERS:
        return _refused(text, f"{len(text):,} characters; the limit is {MAX_CHARACTERS}. Search for the words that matter most")
    usual = read(text, languages[0] if languages else "en")
    if usual is not None:
        tree, clauses, read_as = usual
        return ParsedQuery(text, tree, (), (), clauses, read_as)
    return parse_whole(text, languages)


def parse_whole(text: str, languages: Sequence[str] = ()) -> ParsedQuery:
    """`parse` by the whole grammar, of at most `MAX_CHARACTERS`."""
    text = without_surrogates(text)
    if not text.strip() or text.strip() == "*":
        return ParsedQuery(text, Everything(), read_as=in_words(Everything()))
    lexemes, notes = scan(text)
    parser = _Parser(text, lexemes, languages)
    found = parser.whole()
    if parser.too_deep:
        return _refused(text, f"parentheses more than {MAX_DEPTH} deep; take some away or ask in several queries")
    count = len(list(leaves(found.node)))
    if count > MAX_LEAVES:
        advice = "Leave some out; for many spellings of a word use a prefix*"
        return _refused(text, f"{count} words and phrases; the limit is {MAX_LEAVES}. {advice}")
    notes = sorted([*notes, *parser.notes], key=lambda note: (note.start, note.end))
    clauses = tuple([(text[part.start : part.end].strip(), part.node) for part in found.parts or (found,)])
    if isinstance(found.node, Everything):
        clauses = ()
    return ParsedQuery(text, found.node, tuple(dict.fromkeys(notes)), (), clauses, in_words(found.node))


def _refused(text: str, message: str) -> ParsedQuery:
    return ParsedQuery(text, Nothing(), refused=(Problem("q", message),), read_as=in_words(Nothing()))


@dataclass(slots=True)
class _Found:
    """A node and the code points it was read from; ``parts`` are the clauses when it is an AND of several."""

    node: Node
    start: int
    end: int
    parts: tuple[_Found, ...] = ()
    stop_word: str = ""
    """The word, when it is a bare stop word that may be dropped."""


class _Parser:
    """Recursive descent over the lexemes."""

    def __init__(self, text: str, lexemes: list[Lexeme], languages: Sequence[str]) -> None:
        self.text = text
        self.lexemes = lexemes
        self.at = 0
        self.depth = 0
        self.within_not = 0
        self.too_deep = False
        self.main_language = languages[0] if languages else "en"
        self.words = WordReader(languages)
        self.notes = self.words.notes
        self.scopes = self._take_scopes()

    def note(self, message: str, start: int, end: int) -> None:
        self.notes.append(Note(message, start, end))

    # Places to look

    def _take_scopes(self) -> dict[int, Scope]:
        """Take the ``in:`` values out of the lexemes: the scope of each group by the number of its ``(``; 0 is the query."""
        if not [lexeme for lexeme in self.lexemes if lexeme.kind == "FIELD" and lexeme.text == "in"]:
            return {}
        kept: list[Lexeme] = []
        chosen: dict[int, list[str]] = {}
        open_groups = [0]
        groups = 0
        waiting = False
        for lexeme in self.lexemes:
            if waiting:
                waiting = False
                if lexeme.kind in ("WORD", "PHRASE"):
                    self._choose(lexeme, chosen.setdefault(open_groups[-1], []))
                    continue
                self.note("in: needs title, body, furniture or all after it: left out", lexeme.start, lexeme.end)
            if lexeme.kind == "FIELD" and lexeme.text == "in":
                waiting = True
                if kept and kept[-1].kind == "NOT":
                    self.note("in: says where to look and can't be turned round; read without NOT", lexeme.start, lexeme.end)
                    kept.pop()
                continue
            if lexeme.kind == "(":
                groups += 1
                open_groups.append(groups)
            elif lexeme.kind == ")" and len(open_groups) > 1:
                open_groups.pop()
            kept.append(lexeme)
        self.lexemes = kept
        return {group: Scope(tuple(dict.fromkeys(names))) for group, names in chosen.items() if names}

    def _choose(self, lexeme: Lexeme, names: list[str]) -> None:
        wanted = PLACES_TO_LOOK.get(lexeme.text.strip().lower())
        if wanted is None:
            message = f"in:{lexeme.text[:20]}: there are in:title, in:body, in:furniture and in:all; left out"
            self.note(message, lexeme.start, lexeme.end)
        else:
            names.extend(wanted)

    # The grammar

    def whole(self) -> _Found:
        """The whole query."""
        self.group = 0
        scope = self.scopes.get(0, ANYWHERE)
        found = self._any(scope)
        while self._peek().kind != "END" and not self.too_deep:
            lexeme = self._take()
            self.note("a ) without a (: left out", lexeme.start, lexeme.end)
            more = self._any(scope)
            found = self._together(found, more)
        if found is None:
            found = self._operators_as_words(scope)
        if found is None:
            if not self.notes:
                self.note("nothing to look for", 0, len(self.text))
            return _Found(Nothing(), 0, len(self.text))
        return found

    def _together(self, first: _Found | None, second: _Found | None) -> _Found | None:
        if first is None or second is None:
            return first or second
        return self._all_of([first, second])

    def _operators_as_words(self, scope: Scope) -> _Found | None:
        """A query of operators only is a search for those words."""
        found = []
        for lexeme in self.lexemes:
            if lexeme.kind in _OPERATORS and lexeme.text != "-":
                word = Lexeme("WORD", lexeme.text, lexeme.start, lexeme.end)
                node = self.words.read(word, scope, lexeme.text)
                found += [_Found(node, lexeme.start, lexeme.end)] if node else []
        if not found:
            return None
        self.notes.clear()
        self.note("operators with nothing to join: searched as words", found[0].start, found[-1].end)
        return self._all_of(found)

    def _any(self, scope: Scope) -> _Found | None:
        """Alternatives, up to a ``)`` or the end."""
        found: list[_Found] = []
        waiting: Lexeme | None = None
        while not self.too_deep:
            part = self._all(scope)
            if part is not None:
                found.append(part)
                waiting = None
            lexeme = self._peek()
            if lexeme.kind != "OR":
                break
            if part is None:
                self._stray(lexeme)
            self._take()
            waiting = lexeme
        if waiting is not None and found:
            self._stray(waiting)
        if len(found) < 2:
            return found[0] if found else None
        return _Found(joined_or(part.node for part in found), found[0].start, found[-1].end)

    def _all(self, scope: Scope) -> _Found | None:
        """Parts that must all match, up to an OR, a ``)`` or the end."""
        found: list[_Found] = []
        waiting: Lexeme | None = None
        while not self.too_deep:
            lexeme = self._peek()
            if lexeme.kind in _AFTER_ALL:
                break
            if lexeme.kind == "AND":
                if waiting is not None or not found:
                    self._stray(lexeme)
                waiting = self._take()
                continue
            plain = lexeme.kind == "WORD" and self.lexemes[self.at + 1].kind != "NEAR"
            part = self._word(scope, droppable=True) if plain else self._not(scope)
            if part is not None:
                found.append(part)
                waiting = None
        if waiting is not None and found:
            self._stray(waiting)
        return self._all_of(self._without_stop_words(found)) if found else None

    def _stray(self, lexeme: Lexeme) -> None:
        self.note(f"{lexeme.text} needs something on both sides: left out", lexeme.start, lexeme.end)

    def _all_of(self, found: Sequence[_Found]) -> _Found:
        if len(found) == 1:
            return found[0]
        parts = [part for one in found for part in (one.parts or (one,)) if not isinstance(part.node, Everything)]
        node = joined_and([one.node for one in found])
        return _Found(node, found[0].start, found[-1].end, tuple(parts) if len(parts) > 1 else ())

    def _without_stop_words(self, found: list[_Found]) -> list[_Found]:
        dropped = [part for part in found if part.stop_word]
        if not dropped or self.within_not or not any(_has_word(part) for part in found if not part.stop_word):
            return found
        said = ", ".join(dict.fromkeys(part.stop_word for part in dropped))
        self.note(f"common words left out: {said} (put them in quotes to look for them)", dropped[0].start, dropped[-1].end)
        return [part for part in found if not part.stop_word]

    def _not(self, scope: Scope) -> _Found | None:
        if self._peek().kind != "NOT":
            return self._near(scope)
        signs: list[Lexeme] = []
        while self._peek().kind == "NOT":
            signs.append(self._take())
        self.within_not += len(signs)
        found = self._near(scope)
        self.within_not -= len(signs)
        if found is None:
            self.note(f"{signs[-1].text} has nothing after it: left out", signs[-1].start, signs[-1].end)
            return None
        node = found.node
        for _ in range(len(signs) % 2):
            node = negated(node)
        return _Found(node, signs[0].start, found.end)

    def _near(self, scope: Scope) -> _Found | None:
        found = self._part(scope)
        if self._peek().kind != "NEAR":
            return found
        chained: list[_Found] = []
        while (lexeme := self._peek()).kind == "NEAR" and not self.too_deep:
            self._take()
            before = self.at
            right = self._part(scope) if found is not None else None
            if found is None or right is None:
                if self.at == before:
                    self._stray(lexeme)
                continue
            node = near(found.node, right.node, lexeme.number)
            if node is None:
                self.note(f"{lexeme.text} is for words and phrases in the same field: read as AND", lexeme.start, lexeme.end)
                chained += [found, right] if not chained else [right]
            else:
                chained.append(_Found(node, found.start, right.end))
                if len(chained) == 2:
                    self.note(f"{lexeme.text}: a chain is read as its pairs, each within its distance", found.start, right.end)
            found = right
        if not chained:
            return found
        node = joined_and(part.node for part in chained)
        return _Found(node, chained[0].start, chained[-1].end)

    def _part(self, scope: Scope) -> _Found | None:
        lexeme = self._peek()
        if lexeme.kind in _NO_PART:
            return None
        if lexeme.kind == "FIELD":
            return self._fielded(self._take())
        if lexeme.kind == "(":
            return self._group(scope)
        return self._word(scope, droppable=True)

    def _fielded(self, field: Lexeme) -> _Found | None:
        scope = Scope((field.text,))
        lexeme = self._peek()
        found = None
        if lexeme.kind == "(":
            found = self._group(scope)
        elif lexeme.kind in ("WORD", "PHRASE", "RANGE"):
            found = self._word(scope, droppable=False)
        if found is None:
            return None
        return _Found(found.node, field.start, found.end)

    def _group(self, scope: Scope) -> _Found | None:
        opening = self._take()
        self.group += 1
        scope = self.scopes.get(self.group, scope)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.too_deep = True
            return None
        inner = self._any(scope)
        self.depth -= 1
        closing = self._peek()
        weight = 1.0
        if closing.kind == "END":
            if not self.too_deep:
                self.note("no ) for this (: read as if it stood at the end", opening.start, opening.end)
            end = len(self.text)
        else:
            self._take()
            end, weight = closing.end, closing.boost
        if inner is None:
            if not self.too_deep:
                self.note("nothing to look for in these parentheses: left out", opening.start, end)
            return None
        if weight != 1.0:
            return _Found(boosted(inner.node, weight), opening.start, end)
        return _Found(inner.node, opening.start, end, inner.parts)

    def _word(self, scope: Scope, *, droppable: bool) -> _Found | None:
        lexeme = self._take()
        written = self.text[lexeme.start : lexeme.end]
        bare = lexeme.kind == "WORD" and not lexeme.exact and written == lexeme.text
        if lexeme.kind == "WORD" and lexeme.text == "*":
            if not droppable:
                self.note("a * alone stands for every article, not for a field: left out", lexeme.start, lexeme.end)
            return _Found(Everything(), lexeme.start, lexeme.end)
        if lexeme.kind == "RANGE":
            inside = range_inside(lexeme.text)
            if inside is not None and scope.kind != "date" and scope.fields != ("year",):
                self.note(
                    "only dates have ranges, e.g. date:[2024 TO 2025]: read as words side by side", lexeme.start, lexeme.end
                )
            lexeme.text = inside or lexeme.text
        node = self.words.read(lexeme, scope, written)
        if node is None:
            return None
        plain = bare and droppable and scope.kind == "text" and lexeme.text == written
        return _Found(node, lexeme.start, lexeme.end, stop_word=self._stop_word(node, lexeme) if plain else "")

    def _stop_word(self, node: Node, lexeme: Lexeme) -> str:
        """The form, when it is on the stop list and not typed as an abbreviation (US, U.S., vitamin A)."""
        capitals = lexeme.text.isupper() and (len(lexeme.text) > 1 or lexeme.start > 0)
        if not isinstance(node, Term) or capitals or "." in lexeme.text.rstrip(".,;:!"):
            return ""
        return node.form if is_stop_word(node.form, self.main_language) else ""

    def _peek(self) -> Lexeme:
        """The next lexeme; ``END`` is never taken."""
        return self.lexemes[self.at]

    def _take(self) -> Lexeme:
        self.at += 1
        return self.lexemes[self.at - 1]


def _has_word(part: _Found) -> bool:
    return any(not isinstance(leaf, Keyword) and hasattr(leaf, "boost") for leaf in leaves(part.node)) and not isinstance(
        part.node, Not
    )
