"""Nobody who searches waits for a compiler: whatever is asked after warming, of whatever index, runs code that is there."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import invented
import pytest
from numba.core.dispatcher import Dispatcher

from searchapp import passages
from searchapp.analysis import scan
from searchapp.article import Article
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import kernels, warm
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.query.language import parse
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

SEED = 20261122
QUESTIONS = 120
BUILDING = ("build", "merge", "strings")
"""Modules of kernels that requests don't use."""
PACKAGE = Path(kernels.__file__).parents[3]
TESTS = Path(invented.__file__).parent


def all_kernels() -> dict[str, Dispatcher]:
    """Every compiled function of the engine, of the analysis and of the passages, by its whole name."""
    modules = [importlib.import_module(f"{kernels.__name__}.{one.name}") for one in pkgutil.iter_modules(kernels.__path__)]
    return {
        f"{module.__name__}.{name}": value
        for module in (*modules, scan, passages)
        for name, value in vars(module).items()
        if isinstance(value, Dispatcher) and value.py_func.__module__ == module.__name__
    }


def entries() -> set[str]:
    """The kernels of the engine that code outside their package calls, read from the source."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "kernels":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        modules = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(kernels.__name__):
                for alias in node.names:
                    modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        found |= set(modules.values())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{modules[node.value.id]}.{node.attr}")
    return found & all_kernels().keys()


def ask_everything(root: Path) -> None:
    """Random questions of all kinds, filtered, sorted, walked, explained; each with its marks and counts."""
    random = Random(SEED)
    engine = WhooshEngine(root, verify="full")
    searcher, snapshot = Searcher(engine), engine.snapshot()
    for number in range(QUESTIONS):
        q = invented.question(random)[0]
        where = {"section": ("Local", "(none)"), "tag": ("water",), "place": ("New Delhi", "Sohbari East", "Nowhere")}
        request = SearchRequest(
            q=q,
            where={name: where[name] for name in random.sample(sorted(where), random.choice([0, 0, 1, 2]))},
            without={"source": ("Vallée Matin",)} if random.random() < 0.2 else {},
            first=random.choice([None, None, "2021-05"]),
            sort=random.choice(["relevance", "relevance", "newest", "oldest"]),
            size=random.choice([1, 3, 10, 100]),
        )
        page = searcher.search(request)
        if page.next:
            searcher.search(replace(request, cursor=page.next))
        snapshot.keys(EngineRequest(tree=parse(q, snapshot.languages).tree, limit=random.choice([1, 10, 1000])))
        if number % 10 == 0:
            one = next(iter(searcher.stream(request)), None)
            list(searcher.ids(request))
            searcher.explain(q, one.id if one else None)
            if one is not None:
                searcher.marks(one, q)
                searcher.neighbours(one)


def main(roots: list[str]) -> None:
    warm.warm()
    known = all_kernels()
    before = {name: [str(types) for types in one.signatures] for name, one in known.items()}
    for root in roots:
        ask_everything(Path(root))
    late = {name: more for name, one in known.items() if (more := [s for s in map(str, one.signatures) if s not in before[name]])}
    print(json.dumps({"warm": before, "late": late}))


def articles(random: Random, numbers: range) -> Iterator[Article]:
    for number in numbers:
        one = invented.article(random, number)
        yield replace(one, available_from="2999-01-01") if random.random() < 0.1 else one


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Several segments with deletions and hidden articles; one without either; one without articles; one with a bare one."""
    several, plain, empty, bare = (tmp_path_factory.mktemp(name) for name in ("several", "plain", "empty", "bare"))
    random = Random(SEED)
    for step in range(4):
        with WhooshEngine(several).begin_build(full=step == 0) as build:
            for one in articles(random, range(60 * step, 60 * step + 80)):
                build.add(one)
            for number in range(60 * step, 60 * step + 5):
                build.remove(f"t:{number}")
            build.publish(journal=step)
    for root, count in ((plain, 150), (empty, 0)):
        with WhooshEngine(root).begin_build(full=True) as build:
            for number in range(count):
                build.add(invented.article(random, number))
            build.publish(journal=1)
    with WhooshEngine(bare).begin_build(full=True) as build:
        build.add(Article(id="t:0", title="rain", body="", provenance=invented.article(random, 0).provenance))
        build.publish(journal=1)
    return [several, plain, empty, bare]


@pytest.fixture(scope="module")
def report(roots: list[Path]) -> dict[str, dict[str, list[str]]]:
    """What is compiled in a process of its own, after warming and after everything has been asked."""
    run = subprocess.run(
        [sys.executable, "-W", "error", __file__, *map(str, roots)],
        cwd=PACKAGE.parent, env=os.environ | {"PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{TESTS}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told: dict[str, dict[str, list[str]]] = json.loads(run.stdout)
    return told


def test_a_request_never_compiles(report: dict[str, dict[str, list[str]]]) -> None:
    assert report["late"] == {}


def test_every_kernel_is_compiled_once_by_warming(report: dict[str, dict[str, list[str]]]) -> None:
    """With one signature each: a second one is an array that is now writable and now not, or an index of another size.

    Those that only builds call may wait for the first segment that needs them.
    """
    called = entries()
    assert len(called) > 30
    wrong = {name: types for name, types in report["warm"].items() if name in called and len(types) != 1}
    assert {name: types for name, types in wrong.items() if types or name.split(".")[-2] not in BUILDING} == {}


if __name__ == "__main__":
    main(sys.argv[1:])
