"""The documentation is true: what the program has is documented, and what is documented the program has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from searchapp.article import Article
from searchapp.cli import main
from searchapp.cli.program import COMMANDS
from searchapp.exports import CSV_COLUMNS, FORMATS, HIT_FIELDS
from searchapp.fields import FACETS, FIELDS
from searchapp.indexing import IndexReport
from searchapp.query import limits, tree
from searchapp.query.language import parse
from searchapp.settings import TABLE, Settings
from searchapp.sources import SOURCE_KEYS
from searchapp.web import params
from searchapp.web.app import create_app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "corpus" / "README.md", ROOT / "index" / "README.md"])
PACKAGE = ROOT / "searchapp"


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    match = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", page, re.M | re.S)
    assert match, f"no heading {heading!r}"
    return match[2]


def rows(part: str) -> Iterator[list[str]]:
    """Cells of the tables' rows, heads left out."""
    lines = part.splitlines()
    for number, line in enumerate(lines):
        head = number + 1 < len(lines) and lines[number + 1].startswith("|--")
        if line.startswith("|") and not line.startswith("|--") and not head:
            yield [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> list[str]:
    return [a or b for a, b in re.findall(r"`` (.+?) ``|`([^`]+)`", cell)]


# settings


def test_every_setting_is_documented_with_its_default_and_help() -> None:
    documented = list(rows(text("settings.md").split("## ")[0]))
    shown = [
        (name, "(empty)" if default == "" else f"`{str(default).lower() if default is False else default}`")
        for name, default in ((row.name, row.default) for row in TABLE)
    ]
    assert [(code(row[0])[0], row[1], row[2]) for row in documented] == [
        (name, default, row.help) for (name, default), row in zip(shown, TABLE, strict=True)
    ]


def test_every_key_of_corpus_yml_is_documented() -> None:
    documented = {code(row[0])[0]: row[1] for row in rows(section(text("settings.md"), "corpus.yml: the sources"))}
    assert list(documented) == list(SOURCE_KEYS)
    for key, help_ in SOURCE_KEYS.items():
        assert documented[key].replace("`", "").startswith(help_.replace("`", ""))


# commands


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(main)
    found = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        found.append((name, command))
    return found


GLOBAL = {"--config", "--index", "--engine", "-v"}


@pytest.mark.parametrize(("name", "command"), commands(), ids=list(COMMANDS))
def test_every_option_of_a_command_is_documented_and_the_other_way_round(name: str, command: click.Command) -> None:
    part = section(text("commands.md"), name)
    options = {option for item in command.params if isinstance(item, click.Option) for option in item.opts}
    documented = {option.split()[0] for row in rows(part) for option in code(row[0]) if option.startswith("-")}
    assert documented == options - GLOBAL
    usage = part.strip("\n").split("\n\n")[0]
    arguments = [item.make_metavar(click.Context(command)) for item in command.params if isinstance(item, click.Argument)]
    for argument in arguments:
        assert argument.strip("[].") in usage, f"{argument} is missing in the usage line of {name}"


def test_all_commands_are_documented_in_order_and_no_others() -> None:
    assert re.findall(r"^## (\w+)$", text("commands.md"), re.M) == list(COMMANDS)


def test_global_options_are_documented() -> None:
    before = text("commands.md").split("\n## ")[0]
    documented = {option.split()[0] for row in rows(before) for option in code(row[0]) if option.startswith("-")}
    assert documented == GLOBAL | {"-h", "--help"}


@pytest.mark.parametrize(("name", "command"), commands(), ids=list(COMMANDS))
def test_help_and_the_list_of_commands_say_the_same(name: str, command: click.Command) -> None:
    assert command.name == name
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    assert all(item.help for item in command.params if isinstance(item, click.Option)), "an option without help"


def test_the_report_of_index_is_documented() -> None:
    documented = {key for row in rows(section(text("commands.md"), "index")) for key in code(row[0])[:1]}
    assert {key for key in documented if not key.startswith("-")} == IndexReport().to_json().keys()


# the API


def test_every_parameter_of_a_search_is_documented() -> None:
    documented = [name for row in rows(section(text("api.md"), "GET /api/v1/search")) for name in code(row[0])]
    assert sorted(documented) == sorted(params.SEARCH)


def test_every_parameter_of_an_export_is_documented() -> None:
    documented = [name for row in rows(section(text("api.md"), "GET /api/v1/export")) for name in code(row[0]) if name != "not."]
    assert sorted(documented) == sorted(set(params.EXPORT) - set(params.FILTERS))
    assert all(f"`{name}`" in section(text("api.md"), "GET /api/v1/export") for name in FORMATS)


def test_every_address_of_the_api_is_documented() -> None:
    app = create_app(Settings.make())
    rules = {re.sub(r"<.*>", "ID", rule.rule) for rule in app.url_map.iter_rules()}
    documented = {name for row in rows(text("api.md").split("\n## ")[0]) for name in code(row[0])}
    assert documented == {rule for rule in rules if rule.startswith("/api/v1/")} | {"/healthz", "/readyz", "/metrics"}
    assert documented <= rules


def test_every_key_of_a_hit_and_of_an_article_is_documented() -> None:
    page = text("api.md")
    hit = next(line for line in page.split("* ") if "A hit has these keys" in line)
    assert tuple(code(hit))[: len(HIT_FIELDS)] == HIT_FIELDS
    article = section(page, "GET /api/v1/articles/ID")
    known = {name for name in Article.__dataclass_fields__ if name not in ("furniture", "findings")}
    assert known <= set(code(article))
    assert set(CSV_COLUMNS) <= known


# queries and fields


def test_every_field_is_documented() -> None:
    documented = {code(row[0])[0]: row for row in rows(section(text("query-language.md"), "Fields"))}
    assert list(documented) == [field.name for field in FIELDS]
    for field in FIELDS:
        assert documented[field.name][2] == field.description
        assert ("yes" in documented[field.name][3]) == field.facet


def examples() -> list[str]:
    return [query for row in rows(section(text("query-language.md"), "What can be written")) for query in code(row[0])]


@pytest.mark.parametrize("query", examples())
def test_every_example_of_a_query_is_read_as_written(query: str) -> None:
    parsed = parse(query, ("en",))
    assert not parsed.refused
    assert not parsed.notes


def test_every_kind_of_node_has_an_example() -> None:
    kinds = {type(node).__name__ for query in examples() for node in _nodes(parse(query, ("en",)).tree)}
    wanted = {"Term", "Phrase", "Prefix", "Wildcard", "Fuzzy", "Near", "Keyword", "Days", "And", "Or", "Not", "Everything"}
    assert wanted <= kinds


def _nodes(node: tree.Node) -> Iterator[tree.Node]:
    yield node
    match node:
        case tree.And(children) | tree.Or(children):
            yield from chain.from_iterable(map(_nodes, children))
        case tree.Not(child):
            yield from _nodes(child)
        case _:
            pass


def test_every_limit_is_documented() -> None:
    part = section(text("query-language.md"), "Limits")
    documented = sorted(int(code(row[-1])[0].replace(",", "")) for row in rows(part))
    assert documented == sorted(value for name, value in vars(limits).items() if name.isupper())


def test_every_facet_is_named_with_the_commands() -> None:
    assert ", ".join(FACETS[:-1]) + " and " + FACETS[-1] in text("commands.md").replace("\n", " ")


# formats


def test_every_format_and_alias_is_documented() -> None:
    from searchapp.readers import FORMATS as READ
    from searchapp.readers.aliases import ALIASES

    page = text("formats.md")
    headings = code(" ".join(re.findall(r"^## .*$", page, re.M)))
    assert set(headings) == set(READ)
    documented = {code(row[0])[0]: tuple(code(row[1])) for row in rows(section(page, "Names of fields"))}
    assert documented == ALIASES


# pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name}: {link}"


def test_the_readme_begins_with_the_two_commands() -> None:
    """Above everything else but the name."""
    lines = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.strip()]
    assert lines[0].startswith("# ")
    assert [line.split("#")[0].strip() for line in lines[1:3]] == ["make run", "make test"]
    assert lines[1].startswith("    ")


def test_the_example_in_the_readme_is_what_comes_out(tmp_path: Path) -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    $ searchapp search"))
    last = next(number for number in range(first, len(lines)) if lines[number] and not lines[number].startswith("    "))
    shown = "\n".join(line[4:] for line in lines[first + 1 : last]).strip()
    index = ["--index", str(tmp_path / "index")]
    (tmp_path / "searchapp.yml").write_text(f"corpus: {ROOT / 'corpus' / 'corpus.yml'}\n")
    config = ["--config", str(tmp_path / "searchapp.yml"), *index]
    assert CliRunner().invoke(main, ["index", *config]).exit_code == 0
    done = CliRunner().invoke(main, [*shlex.split(lines[first].strip())[2:], *config])
    assert done.stdout.strip() == shown


def test_the_map_names_every_folder_and_file() -> None:
    """ARCHITECTURE.md's headings are the folders and files of searchapp/, in the order of the layers."""
    headings = re.findall(r"^### `(.*?)`", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.M)
    there = {path.name + "/" for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    there |= {path.name for path in PACKAGE.glob("*.py")}
    assert sorted(headings) == sorted(there)


def test_files_named_in_the_pages_exist() -> None:
    """Paths in code spans, e.g. `searchapp/fields.py`, are there."""
    for page in (ROOT / "README.md", ROOT / "ARCHITECTURE.md"):
        for path in re.findall(r"`((?:searchapp|tests|docs|corpus|templates)/[\w./-]+)`", page.read_text("utf-8")):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_no_page_promises_what_isnt_there() -> None:
    for page in PAGES:
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon)\b", page.read_text("utf-8")), page.name
