# SPDX-License-Identifier: Apache-2.0
"""A search's journal as a page that is alive: optuna-dashboard, which only may look."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfp_katib.engines.local.existing import begun, found
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_LOOKING = ("GET", "HEAD")


def application(name: str, options: RunOptions) -> WSGIApplication:
    """The page of a search, for a web server; an engine may work on the search meanwhile.

    Raises:
        InputError: There is no such search, it has not begun, its journal cannot be read, or optuna-dashboard
            is not installed.
    """
    folder = found(name, options)
    begun(folder)
    page = LivePage(folder.journal)
    page.open()
    return page


class LivePage:
    """optuna-dashboard on one journal, which it reads on with every request.

    It could rename or delete the study and write notes. None of that reaches the journal: a search must not
    be lost to a click.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._file = 0
        self._shown: WSGIApplication | None = None

    def open(self) -> WSGIApplication:
        """The page of the journal that is there now; `run --again` puts another one in its place."""
        file = self._journal.stat().st_ino
        if self._shown is None or file != self._file:
            self._shown, self._file = _page(self._journal), file
        return self._shown

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request that looks; refuse any other."""
        if environ["REQUEST_METHOD"] in _LOOKING:
            return self.open()(environ, start_response)
        text = json.dumps({"reason": "This page shows a search of kfp-katib and changes nothing."})
        start_response("405 Method Not Allowed", [("Content-Type", "application/json"), ("Allow", "GET")])
        return [text.encode()]


def _page(journal: Path) -> WSGIApplication:
    try:
        from optuna_dashboard import wsgi  # type: ignore[import-untyped]
    except ModuleNotFoundError as err:
        raise InputError(
            f"There is no module {err.name}. The page is drawn by optuna-dashboard: pip install "
            "'kfp-katib[dashboard]'"
        ) from err
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    class OnlyRead(JournalFileBackend):
        """The journal, to which only the engine appends."""

        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            raise PermissionError(f"{journal} is only read here")

    shown: WSGIApplication = wsgi(JournalStorage(OnlyRead(os.fspath(journal))))
    return shown
