# SPDX-License-Identifier: Apache-2.0
"""A real notebook kernel: cells are executed in it as Jupyter would, and what they show is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PATIENCE_SECONDS = 120.0


@dataclass
class Shown:
    """What stands below a cell.

    Attributes:
        stdout: What was printed.
        stderr: What was written in red.
        forms: What the cell's last expression is shown as, by MIME type.
        displays: What was shown before that and may have been written over, each form that it had in turn.
        error: The traceback's last line; empty where the cell succeeded.
    """

    stdout: str = ""
    stderr: str = ""
    forms: dict[str, Any] = field(default_factory=dict)
    displays: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    error: str = ""

    @property
    def text(self) -> str:
        """The last expression at a prompt."""
        return str(self.forms.get("text/plain", ""))

    @property
    def html(self) -> str:
        """The same in a browser; empty where it has no such form."""
        return str(self.forms.get("text/html", ""))

    def take(self, message: dict[str, Any]) -> None:
        """Keep what a message of the kernel shows."""
        content = message["content"]
        if message["msg_type"] == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif message["msg_type"] == "execute_result":
            self.forms = content["data"]
        elif message["msg_type"] in ("display_data", "update_display_data"):
            name = content.get("transient", {}).get("display_id", "")
            self.displays.setdefault(name, []).append(content["data"])
        elif message["msg_type"] == "error":
            self.error = f"{content['ename']}: {content['evalue']}"


@dataclass
class Notebook:
    """A kernel that runs."""

    client: Any

    def cell(self, code: str) -> Shown:
        """Execute a cell and wait for it."""
        shown = Shown()
        self.client.execute_interactive(code, timeout=PATIENCE_SECONDS, output_hook=shown.take)
        return shown


@contextmanager
def notebook(folder: Path, **environment: str) -> Iterator[Notebook]:
    """A kernel whose current folder this is, and which ends with the block."""
    jupyter = pytest.importorskip("jupyter_client.manager", reason="needs jupyter_client and ipykernel")
    pytest.importorskip("ipykernel", reason="needs a kernel of Python")
    manager, client = jupyter.start_new_kernel(cwd=str(folder), env={**os.environ, **environment})
    try:
        yield Notebook(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
