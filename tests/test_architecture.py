"""Layers, fences and sizes, read from the source itself: what ARCHITECTURE.md says, kept true."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "searchapp"

LAYERS = (
    *("errors", "settings", "article", "fields", "readers", "archive", "cleaning", "analysis", "query", "results"),
    *("passages", "snippets"),
    *("engines.base", "engines.whoosh", "engines.opensearch", "engines.factory"),
    *("sources", "reading", "preparing", "rejects", "intake", "building", "indexing"),
    *("reindexing", "backups", "verifying", "withdrawing", "purging"),
    *("cursor", "searching", "exports", "evaluation", "web", "cli", "__main__"),
)
"""From the top down: a module imports from its own layer and those before it, never from one after it."""

FENCES = {
    "flask": ("web", "wsgi"),
    "apiflask": ("web", "wsgi"),
    "werkzeug": ("web", "wsgi"),
    "jinja2": ("web",),
    "prometheus_client": ("web.metrics",),
    "gunicorn": ("web", "cli.serve"),
    "whoosh": ("engines.whoosh", "analysis"),
    "opensearchpy": ("engines.opensearch",),
    "nltk": ("analysis",),
    "numba": ("analysis.scan", "analysis.english", "analysis.compiled", "passages", "engines.whoosh.kernels"),
    "llvmlite": ("analysis.scan", "engines.whoosh.kernels"),
    "zstandard": ("engines.whoosh",),
    "yaml": ("settings",),
    "trafilatura": ("readers",),
    "feedparser": ("readers",),
    "lxml": ("readers",),
    "click": ("cli",),
    "rich": ("cli",),
}
"""Third-party packages and the only places that may import them."""

FILE_LINES, FUNCTION_LINES, KERNEL_LINES = 400, 40, 60
KERNELS = (
    *("searchapp/analysis/scan.py", "searchapp/analysis/english.py"),
    *("searchapp/passages.py", "searchapp/engines/whoosh/kernels/"),
)
COMPILERS = frozenset({"njit", "compiled", "bare"})
"""Decorators of the functions there that numba compiles."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """``query.tree`` for searchapp/query/tree.py, ``query`` for its __init__, empty for the package's own."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__" or len(parts) == 1).removeprefix("__init__")


def imported(tree: ast.AST, own: Iterator[str] | frozenset[str]) -> Iterator[tuple[str, int]]:
    """Absolute names of what a module imports, anywhere in it, with the line."""
    names = frozenset(own)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import; write the whole name"
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in names else base, node.lineno)


def rank(name: str) -> int:
    """Where a module stands in LAYERS; every module must stand somewhere."""
    matches = [place for place, layer in enumerate(LAYERS) if name == layer or name.startswith(layer + ".")]
    if not matches and name == "engines":
        return LAYERS.index("engines.base")
    assert len(matches) == 1, f"{name}: not in LAYERS; say where it belongs"
    return matches[0]


OWN = frozenset("searchapp." + dotted(path) for path in modules() if dotted(path))


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_point_upwards(path: Path) -> None:
    here = dotted(path)
    if not here:
        return
    for name, line in imported(ast.parse(path.read_text("utf-8")), OWN):
        if name.startswith("searchapp."):
            there = name.removeprefix("searchapp.")
            assert rank(there) <= rank(here), f"{path.relative_to(ROOT)}:{line}: {here} may not import {there}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_libraries_stay_behind_their_fences(path: Path) -> None:
    here = dotted(path)
    for name, line in imported(ast.parse(path.read_text("utf-8")), OWN):
        allowed = FENCES.get(name.split(".")[0])
        inside = allowed is None or any(here == place or here.startswith(place + ".") for place in allowed)
        assert inside, f"{path.relative_to(ROOT)}:{line}: {name} may only be imported in {allowed}"


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if dotted(path) == "settings":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        reads = isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
        assert not reads, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: reads the environment"


def test_there_are_no_import_cycles() -> None:
    """Also not inside a package, where the layers allow any order."""
    edges = {
        "searchapp." + dotted(path): {name for name, _ in imported(ast.parse(path.read_text("utf-8")), OWN) if name in OWN}
        for path in modules()
        if dotted(path)
    }
    while edges:
        free = {name for name, wants in edges.items() if not (wants - {name}) & edges.keys()}
        assert free, f"these import each other: {sorted(edges)}"
        edges = {name: wants for name, wants in edges.items() if name not in free}


def test_only_the_factory_chooses_an_engine() -> None:
    for path in modules():
        if dotted(path).startswith(("engines.whoosh", "engines.opensearch", "engines.factory")):
            continue
        for name, line in imported(ast.parse(path.read_text("utf-8")), OWN):
            adapter = name.startswith(("searchapp.engines.whoosh", "searchapp.engines.opensearch"))
            assert not adapter, f"{path.relative_to(ROOT)}:{line}: ask the factory instead of {name}"


def test_every_module_says_what_it_is_for() -> None:
    missing = [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not missing


def sizes() -> dict[str, list[tuple[int, str]]]:
    """Lines of files, and of functions and kernels without their signatures and docstrings."""
    found: dict[str, list[tuple[int, str]]] = {"files": [], "functions": [], "kernels": []}
    for path in modules():
        text = path.read_text("utf-8")
        name = str(path.relative_to(ROOT))
        found["files"].append((text.count("\n"), name))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 2 if body else 1
                kind = "kernels" if name.startswith(KERNELS) and is_compiled(node) else "functions"
                found[kind].append((lines, f"{name}:{node.lineno} {node.name}"))
    return found


def is_compiled(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether numba compiles a function, by its decorators' names."""
    bare = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    return any(isinstance(one, ast.Name) and one.id in COMPILERS for one in bare)


def report(measured: list[tuple[int, str]], limit: int) -> tuple[list[tuple[int, str]], str]:
    """What is over a limit, and the largest as text. `pytest -s tests/test_architecture.py` shows it."""
    measured = sorted(measured, reverse=True)
    over = [row for row in measured if row[0] > limit]
    shown = "\n".join(f"{lines:6} {name}" for lines, name in measured[: max(5, len(over))])
    print(f"\n{len(measured)} measured, {len(over)} over {limit} lines; the largest:\n{shown}")
    return over, shown


@pytest.mark.parametrize(("kind", "limit"), [("files", FILE_LINES), ("functions", FUNCTION_LINES)])
def test_sizes_are_rarely_over(kind: str, limit: int) -> None:
    """At most one in twenty over the mark, none over twice it."""
    measured = sizes()[kind]
    over, shown = report(measured, limit)
    assert len(over) <= max(1, len(measured) // 20), shown
    assert max(measured)[0] <= 2 * limit, shown


def test_kernels_are_rarely_over() -> None:
    """At most one in ten over 60 lines, none over twice that.

    Kernels have a mark of their own: a loop over postings that calls a function for each of them hands over ten or more arrays,
    each as seven numbers and a count of references, and that costs more than what the function does. Parts that are
    called once a block or once a term are functions of their own, as everywhere.
    """
    measured = sizes()["kernels"]
    assert len(measured) > 30
    over, shown = report(measured, KERNEL_LINES)
    assert len(over) <= len(measured) // 10, shown
    assert max(measured)[0] <= 2 * KERNEL_LINES, shown


def test_what_is_compiled_is_in_the_kernels_and_known_as_such() -> None:
    """So that no long function passes for a kernel, and no kernel for a function."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and is_compiled(node):
                assert str(path.relative_to(ROOT)).startswith(KERNELS), f"{path.relative_to(ROOT)}:{node.lineno} is compiled"
