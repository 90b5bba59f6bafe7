"""The options every command accepts, before or after its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from searchapp.cli.terminal import message
from searchapp.settings import Settings, load_settings

ENGINES = ("whoosh", "opensearch")


class GivenPath(click.Path):
    """A path; an empty one is refused, because it is an unset shell variable and would mean the current directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if value == "":
            self.fail("the path is empty (a shell variable that isn't set?)", param, ctx)
        return super().convert(value, param, ctx)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    given: dict[str, Any] = context.find_root().meta.setdefault("searchapp.given", {})
    if parameter.name == "verbose":
        given["verbose"] = given.get("verbose", 0) + value
    elif value is not None:
        given[str(parameter.name)] = value


def _option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    # Eager, so that what was written before a wrong option is known when that is reported.
    return click.option(*names, expose_value=False, is_eager=True, callback=_remember, **attributes)


def global_options(command: Any) -> Any:
    """A decorator: adds the global options. Given both before and after the command, the one after it counts."""
    for add in (
        _option("-v", "verbose", count=True, help="Say on stderr which index is used; -vv also where an error arose."),
        _option("--engine", type=click.Choice(ENGINES), help="The engine to use."),
        _option("--index", metavar="DIR", type=GivenPath(), help="Directory of the journal and the generations."),
        _option("--config", metavar="FILE", type=GivenPath(), help="Settings file instead of searchapp.yml."),
    ):
        command = add(command)
    return command


def settings(**flags: Any) -> Settings:
    """The settings of the running command; ``flags`` are the command's own options that are settings (None: not given)."""
    context = click.get_current_context()
    given = context.find_root().meta.get("searchapp.given", {})
    known = load_settings(given.get("config"), {"index": given.get("index"), "engine": given.get("engine"), **flags})
    if verbosity(context):
        message(f"index {known.index.absolute()}, engine {known.engine}, sources {known.corpus}")
    return known


def verbosity(context: click.Context) -> int:
    """How often ``-v`` was given."""
    return int(context.find_root().meta.get("searchapp.given", {}).get("verbose", 0))
