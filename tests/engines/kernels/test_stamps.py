"""Compiled code on disk never outlives the code or the numbers it was made of."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from searchapp.engines.whoosh.kernels import stamps

SCRIPT = """
import numpy as np
from searchapp.engines.whoosh.kernels.postings import block_bytes
value = block_bytes(np.array([9, 0, 0, 0], np.uint8), np.int64(0), np.int64(3))
print(value, sum(block_bytes.stats.cache_hits.values()))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package somewhere else, without anything compiled."""
    shutil.copytree(stamps.ROOT / "searchapp", tmp_path / "searchapp", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def ask(root: Path, **environment: str) -> tuple[int, int]:
    """What a kernel that calls another gives, and how often it was found on disk."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    value, hits = map(int, run.stdout.split())
    return value, hits


def change(path: Path, old: str, new: str) -> None:
    """Edit a source file; as Python keeps times in seconds, not in the same one."""
    text, before = path.read_text("utf-8"), path.stat().st_mtime
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    os.utime(path, (before + 10, before + 10))


def test_a_kernel_follows_the_kernels_it_calls(copy: Path) -> None:
    assert ask(copy) == (4, 0)
    assert ask(copy) == (4, 1)
    change(copy / "searchapp/engines/whoosh/kernels/bits.py", "(count * bits + 7) >> 3", "(count * bits + 8) >> 2")
    assert ask(copy) == (12, 0)
    assert ask(copy) == (12, 1)


def test_where_the_package_cant_be_written_the_users_cache_is(copy: Path) -> None:
    (copy / "searchapp/engines/whoosh/kernels/__pycache__").write_text("not a directory")
    cache = {"XDG_CACHE_HOME": str(copy / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert ask(copy, **cache) == (4, 0)
    assert ask(copy, **cache) == (4, 1)
    assert any((copy / "cache").rglob("postings.block_bytes-*.nbc"))
    change(copy / "searchapp/engines/whoosh/kernels/bits.py", "(count * bits + 7) >> 3", "(count * bits + 8) >> 2")
    assert ask(copy, **cache) == (12, 0)


def test_numbers_from_other_modules_count_too(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "ROOT", copy)
    home = copy / "searchapp/engines/whoosh/kernels"

    def all_stamps() -> dict[str, str]:
        stamps.stamp.cache_clear()
        return {path.stem: stamps.stamp(path) for path in home.glob("*.py") if path.stem not in ("__init__", "stamps")}

    before = all_stamps()
    change(copy / "searchapp/engines/whoosh/layout.py", "BLOCK = 128", "BLOCK = 256")
    after = all_stamps()
    assert {name for name in before if before[name] != after[name]} == set(before) - {
        "bits", "clock", "filtering", "forms", "gate", "lexicon", "memory", "postings", "strings",
    }  # fmt: skip
    stamps.stamp.cache_clear()


@pytest.mark.parametrize("path", sorted(stamps.HERE.glob("*.py")), ids=lambda path: path.stem)
def test_every_import_of_ours_is_seen(path: Path) -> None:
    """`stamp` reads imports by their form; a kernel's module has no other ones of ours."""
    seen = {name.decode() for name in stamps._IMPORT.findall(path.read_bytes())}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert not node.module.startswith("searchapp") or node.module in seen
            for alias in node.names:
                assert not (stamps.ROOT / f"{node.module}.{alias.name}".replace(".", "/")).with_suffix(".py").exists()
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("searchapp") for alias in node.names)


@pytest.mark.parametrize("name", ["analysis/scan.py", "analysis/english.py"])
def test_kernels_elsewhere_are_all_in_one_file(name: str) -> None:
    """There numba's own check is enough: of ours the file imports only how kernels are kept."""
    path = stamps.ROOT / "searchapp" / name
    assert stamps._IMPORT.findall(path.read_bytes()) == [b"searchapp.analysis.compiled"]
