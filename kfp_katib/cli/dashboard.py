# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib dashboard`: a search of this machine as a page that is alive, on this machine alone."""

from __future__ import annotations

import contextlib
import os
import sys
import webbrowser
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click

from kfp_katib.cli.search_name import CLUSTER, Search, named_search, runs_option
from kfp_katib.cli.verbs import Verb
from kfp_katib.engines import local
from kfp_katib.engines.engine import of_this_machine
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_HOST, _PORT = "127.0.0.1", 8080


@click.command(name="dashboard", cls=Verb)
@click.argument("name", required=False)
@runs_option
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help=f"Port of {_HOST}; 0 for any that is free (default: {_PORT}, or any if it is taken).",
)
@click.option(
    "--no-browser", is_flag=True, help="Only print the address; without a desktop nothing else is done."
)
def command(name: str | None, runs: Path, port: int | None, no_browser: bool) -> None:
    """Open optuna-dashboard on the search NAME of this machine, also while it runs, until Ctrl-C.

    Without NAME it is the search that began last. Learning curves are among what it draws. Nobody but this
    machine sees the page, and it changes nothing. It needs the extra `dashboard`.
    """
    search = named_search(name, runs=runs, namespace="") if name else _newest(runs)
    if search.folder is None:
        raise InputError(
            f"The dashboard shows searches of this machine, and {search.text!r} is in a cluster. Write its "
            f"report: kfp-katib report {search.text}"
        )
    application = local.application(search.name, search.options)
    with _server(port, application) as server, contextlib.suppress(KeyboardInterrupt):
        address = f"http://{_HOST}:{server.server_port}/dashboard/studies/0"
        click.echo(f"Search '{search.name}': {address}  (Ctrl-C ends it)", err=True)
        if not no_browser and _has_desktop():
            webbrowser.open(address)
        server.serve_forever()


def _newest(runs: Path) -> Search:
    found = [each for each in of_this_machine().searches(RunOptions(runs=runs)) if each.began]
    if not found:
        raise InputError(f"There is no search in {runs.absolute()}. One in a cluster is {CLUSTER}NAME.")
    newest = max(found, key=lambda each: each.began or 0)
    return named_search(f"{runs}/{newest.name}", runs=runs, namespace="")


def _has_desktop() -> bool:
    """Whether a browser has a window to open; a browser of text would take the terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


class _Server(ThreadingMixIn, WSGIServer):
    """A browser keeps connections open, and none of them may keep the others waiting."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Requests that are not logged: the page asks every few seconds."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _server(port: int | None, application: WSGIApplication) -> WSGIServer:
    """A server on the port, or on any if the usual one is taken.

    Raises:
        InputError: The port that was asked for is taken.
    """
    try:
        return make_server(_HOST, _PORT if port is None else port, application, _Server, _Quiet)
    except OSError as err:
        if port is None:
            return _server(0, application)
        raise InputError(f"--port {port}: {err.strerror}. Name another, or 0 for any that is free.") from err
