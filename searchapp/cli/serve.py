"""`serve`: gunicorn with the shipped configuration, in this process."""

from __future__ import annotations

import errno
import socket
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from searchapp.analysis import stem
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import message
from searchapp.engines.factory import open_engine
from searchapp.errors import IndexDamaged, IndexMismatch, NoIndex, SettingsError
from searchapp.settings import Settings
from searchapp.web import create_app, gunicorn_conf


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no annotations
    """gunicorn with `searchapp.web.gunicorn_conf` and our settings; the app is made once, before the workers fork."""

    def __init__(self, known: Settings) -> None:
        self._known = known
        super().__init__(prog="searchapp serve")

    def load_config(self) -> None:
        """The shipped configuration, then the settings."""
        for name, value in vars(gunicorn_conf).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("bind", self._known.bind)
        self.cfg.set("workers", self._known.workers)
        self.cfg.set("threads", self._known.threads)
        self.cfg.set("on_starting", lambda _arbiter: gunicorn_conf.warm_up(self._known, message))
        self.cfg.set("when_ready", self._ready)

    def load(self) -> Any:
        """The WSGI app, with what the first query would still have to import: the workers share it."""
        stem("warm", "en")
        return create_app(self._known)

    def _ready(self, arbiter: Any) -> None:
        gunicorn_conf.when_ready(arbiter)
        host, port = _address(self._known.bind)
        message(f"serving on http://{_shown(host)}:{port}  (stop with Ctrl+C)")


@click.command()
@click.option("--bind", metavar="H:P", help="Address and port; default 127.0.0.1:8000.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Worker processes.")
@click.option("--index-if-needed", is_flag=True, help="Index the configured sources first when no index fits this program.")
@global_options
@click.pass_context
def serve(context: click.Context, bind: str | None, workers: int | None, index_if_needed: bool) -> None:
    """Serve the search page and the API with gunicorn.

    SIGTERM lets running requests finish. Newer generations are picked up without a restart.
    """
    known = settings(bind=bind, workers=workers)
    host, port = _address(known.bind)
    _refuse_busy(host, port)
    if not _fits(known):
        if not index_if_needed:
            message("no index that fits: only the health pages will answer until you run: searchapp index")
        else:
            message(f"indexing the sources of {known.corpus} into {known.index}")
            _index(context)
    Server(known).run()


def _fits(known: Settings) -> bool:
    """Whether there is a current generation that this program can read."""
    try:
        open_engine(known).snapshot()
    except (NoIndex, IndexMismatch, IndexDamaged):
        return False
    return True


def _index(context: click.Context) -> None:
    root = context.find_root()
    assert isinstance(root.command, click.Group)
    # Found through the group, which imports the readers' libraries only now: a server that has an index does without.
    command: Any = root.command.get_command(root, "index")
    context.invoke(command, paths=(), full=False, dry_run=False, format_=None, jobs=None, as_json=False)


def _address(bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"bind must be an address and a port such as 127.0.0.1:8000, not {bind!r}")
    return host, int(port)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refuse_busy(host: str, port: int) -> None:
    """Try the port before gunicorn does, which would retry for seconds and then say less."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(f"can't serve on {_shown(host)}:{port}: {_why(error, port)}") from error


def _why(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = f"127.0.0.1:{port % 65535 + 1}"
        return (
            "the port is in use, perhaps by another searchapp; stop that, "
            f"or take another port: make run BIND={other} (or: searchapp serve --bind {other})"
        )
    if error.errno == errno.EACCES:
        return "ports below 1024 are for root; take another one"
    return str(error.strerror or error)
