"""A small invented archive, indexed by the embedded engine, and the application over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from samples import ARTICLES, Buffered

from searchapp.engines.factory import warm
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.settings import Settings
from searchapp.web import create_app


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    """As a server does before it opens its port: a search that had to compile first would be past its deadline."""
    warm(Settings.make())


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("web") / "index"
    engine = WhooshEngine(directory)
    with engine.begin_build(full=True) as build:
        for one in ARTICLES:
            build.add(one)
        build.publish(journal=0)
    engine.close()
    return directory


@pytest.fixture(scope="session")
def app(index: Path) -> Flask:
    return create_app(Settings.make(index=str(index), archive_name="The Ridge Archive"))


@pytest.fixture(scope="session")
def client(app: Flask) -> FlaskClient:
    return Buffered(app)


@pytest.fixture
def empty(tmp_path: Path) -> FlaskClient:
    """An application with nothing indexed."""
    return Buffered(create_app(Settings.make(index=str(tmp_path / "none"))))
