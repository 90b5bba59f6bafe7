"""The ``searchapp`` command: finds commands, turns errors into one line and exit codes.

A command's module is imported when the command is called, so that a search doesn't wait for the web server's or the
readers' libraries to load.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from searchapp import __version__
from searchapp.cli.options import global_options, verbosity
from searchapp.cli.terminal import message, safe_streams
from searchapp.errors import BadRequest, SearchAppError
from searchapp.settings import nearest


@dataclass(frozen=True, slots=True)
class Listed:
    """A command: the module of this package that holds it under its own name, and its line in ``--help``."""

    module: str
    help: str


COMMANDS = {
    "index": Listed("index", "Read sources and publish a new generation of the index."),
    "reindex": Listed("reindex", "Build a generation from the journal alone; --dry-run shows what would change."),
    "backup": Listed("backup", "Make a verified copy of journal and generations."),
    "inspect": Listed("inspect", "Show how one file is read; write nothing."),
    "search": Listed("search", "Search the archive."),
    "show": Listed("search", "Show one article."),
    "explain": Listed("explain", "Show how a query is read, and why an article scores what it does."),
    "export": Listed("export", "Write out every match of a query, however many."),
    "evaluate": Listed("evaluate", "Measure the ranking by judged queries."),
    "serve": Listed("serve", "Serve the search page and the API."),
    "withdraw": Listed("withdraw", "Take an article out of every surface; with --purge off the disk too."),
    "restore": Listed("restore", "Bring a withdrawn article back."),
    "status": Listed("status", "Show generations, counts, disk use, and who writes."),
    "verify": Listed("verify", "Read and hash everything; name what is damaged, and what mends it."),
    "rollback": Listed("rollback", "Serve an older generation."),
}


class Program(click.Group):
    """A group whose commands are imported on demand, and whose errors are for people."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the command's module and take it from there."""
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"searchapp.cli.{listed.module}"), cmd_name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a mistyped one is told the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}.{nearest(args[0], tuple(COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.help) for name, listed in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run, and exit with the documented code. A closed pipe ends quietly."""
        kwargs["standalone_mode"] = False
        safe_streams()
        try:
            code = super().main(*args, **kwargs)
            sys.stdout.flush()
        except click.Abort:
            code = 130
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except OSError as error:
            code = _unwritten(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a deliberate error becomes a line for each problem, an interruption one line."""
        try:
            return super().invoke(ctx)
        except SearchAppError as error:
            if verbosity(ctx) > 1:
                traceback.print_exc()
            problems = [f"{p.parameter}: {p.message}" for p in error.problems] if isinstance(error, BadRequest) else [str(error)]
            for problem in problems:
                message(problem)
            return 2 if isinstance(error, BadRequest) else 1
        except KeyboardInterrupt:
            message("interrupted")
            return 130


def _unwritten(error: OSError) -> int:
    """What an output that can't be written ends in: silence for a closed pipe, a line for anything else (a full disk)."""
    if not isinstance(error, BrokenPipeError):
        message(f"{error.filename or 'output'}: {error.strerror or error}")
    # What Python would still flush at its end goes nowhere, instead of failing again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="searchapp")
@global_options
def main() -> None:
    """Full-text search for a newspaper's archive.

    The global options may stand before or after the command.
    """
