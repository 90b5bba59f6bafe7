"""The command line: thin commands over the rest of the program.

    program    the group: which commands there are, and what an error or an interruption ends in
    options    what every command accepts, before or after its name
    terminal   text for people: width, bold, tables, progress
    index, inspect, search, explain, export, evaluate, serve, status    the commands, one module a group, imported when called

Data goes to stdout, messages to stderr. Exit code: 0 done, 1 failed or partly failed, 2 usage, 130 interrupted.
"""

from __future__ import annotations

from searchapp.cli.program import main

__all__ = ["main"]
