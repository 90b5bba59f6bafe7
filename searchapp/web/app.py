"""create_app: settings and an engine -> the web application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from searchapp import __version__
from searchapp.archive.withdrawals import Withdrawals
from searchapp.engines.base import Engine
from searchapp.engines.factory import open_engine
from searchapp.exports import link_of
from searchapp.searching import Searcher
from searchapp.settings import Settings
from searchapp.web import admission, api, discovery, errors, headers, health, log, pages, wording
from searchapp.web.metrics import Metrics
from searchapp.web.state import METRICS, SEARCHER, SETTINGS

_PACKAGE = Path(__file__).parents[1]


class _App(Flask):
    """Flask, not asking before every call whether the function is a coroutine: none here is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """The application over ``engine``, else over the one the settings name. Opens no generation until it is asked.

    Starts no thread, so that gunicorn may load it once and fork.
    """
    app = _App(
        "searchapp", root_path=str(_PACKAGE), static_folder="web/static", static_url_path="/static", template_folder=_templates()
    )
    app.url_map.merge_slashes = False
    app.extensions[SETTINGS] = settings
    for blueprint in (pages.blueprint, api.blueprint, discovery.blueprint, health.blueprint):
        app.register_blueprint(blueprint)
    metrics = app.extensions[METRICS] = Metrics(rule.rule for rule in app.url_map.iter_rules())
    app.extensions[SEARCHER] = Searcher(
        engine or open_engine(settings, serving=True),
        withdrawals=Withdrawals(settings.index),
        seconds=settings.search_ms / 1000,
        timed=metrics.engine,
    )
    log.install(app, settings)
    health.install(app)
    headers.install(app, settings)
    admission.install(app, settings)
    errors.install(app)
    _equip_templates(app, settings)
    return app


def _templates() -> str:
    """Inside the package when installed from a wheel, else beside it in the checkout."""
    inside = _PACKAGE / "templates"
    return str(inside if inside.is_dir() else _PACKAGE.parent / "templates")


def _equip_templates(app: Flask, settings: Settings) -> None:
    def static_url(name: str) -> str:
        # Not by url_for, which fails where the Host header is no host; the error page is needed there too.
        return f"{app.static_url_path}/{name}?v={headers.file_version(Path(app.static_folder or ''), name)}"

    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(archive=settings.archive_name, version=__version__, static_url=static_url)
    app.jinja_env.filters.update(
        begins_midway=wording.begins_midway,
        ends_midway=wording.ends_midway,
        count_of=wording.count_of,
        date_in_words=wording.date_in_words,
        day_in_words=wording.day_in_words,
        figure="{:,}".format,
        lang=wording.language_tag,
        language=wording.language_in_words,
        pieces=wording.pieces,
        link=link_of,
    )
