"""One server that the tests share which don't need another one: starting it is what takes long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, invent, serving


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 300 invented articles."""
    return invent(tmp_path_factory.mktemp("service") / "index", 300)


@pytest.fixture(scope="session")
def served(index: Path) -> Iterator[Served]:
    """Two workers over it, as shipped."""
    with serving(index, workers=2) as running:
        yield running
