# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib dashboard` serves a search's journal on this machine, to be looked at."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIServer

import pytest

from kfp_katib import run
from tests.builders.search import search
from tests.cli.commands import INTERRUPTIBLE, call
from tests.cli.test_interrupt import ENVIRONMENT
from tests.support.waiting import until

CURVES = "for loss in 0.9 0.5 ${trialParameters.lr}; do echo loss=$loss; sleep 0.15; done"


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """The page's address; the command is ended by Ctrl-C, which is no error."""
    command = [sys.executable, "-c", INTERRUPTIBLE, "dashboard", "--no-browser", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as server:
        try:
            assert server.stderr
            said = server.stderr.readline()
            found = re.fullmatch(
                r"Search '[^']+': (http://127\.0\.0\.1:\d+)/dashboard/\S+  \(Ctrl-C .*\n", said
            )
            assert found, said + server.stderr.read()
            yield found[1]
        finally:
            server.send_signal(signal.SIGINT)
            rest = server.communicate(timeout=60)[1]
    assert (server.returncode, rest) == (0, "")


def asked(address: str) -> Any:
    """What its API answers."""
    with urlopen(address, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def tuned(tmp_path: Path) -> Path:
    """The folder of a search with learning curves."""
    run(search(CURVES, maxTrialCount=2), runs=tmp_path / "runs")
    return tmp_path / "runs"


def test_its_api_tells_the_trials_and_their_curves(tuned: Path) -> None:
    """The values of the search, and what the trials reported on their way."""
    expected = json.loads(call("show", "tune", "--json").stdout)["trials"]
    with served("tune") as address:
        (study,) = asked(f"{address}/api/studies")["study_summaries"]
        trials = asked(f"{address}/api/studies/{study['study_id']}?after=0")["trials"]
    assert study["study_name"] == "tune"
    assert [trial["values"] for trial in trials] == [[trial["objective"]] for trial in expected]
    curve = [(point["step"], point["value"]) for point in trials[0]["intermediate_values"]]
    assert curve == [(1, 0.9), (2, 0.5), (3, float(expected[0]["parameters"]["lr"]))]


def test_the_page_is_alive_and_harmless(tuned: Path) -> None:
    """It follows a search that is extended, and one that takes its place; nothing can be changed."""
    journal = tuned / "tune" / "journal"
    with served("runs/tune", "--port", "0") as address:
        page = f"{address}/api/studies/0"
        assert len(asked(f"{page}?after=0")["trials"]) == 2
        run(search(CURVES, maxTrialCount=3), runs=tuned)
        until(lambda: len(asked(f"{page}?after=0")["trials"]) == 3)  # it reads the journal every two seconds
        before = journal.read_bytes()
        with pytest.raises(HTTPError, match="405") as refused:
            urlopen(Request(page, method="DELETE"), timeout=60)
        assert json.load(refused.value)["reason"].endswith("changes nothing.")
        assert journal.read_bytes() == before
        run(search(CURVES, maxTrialCount=1), runs=tuned, again=True)
        assert len(asked(f"{page}?after=0")["trials"]) == 1


def test_without_a_name_it_is_the_search_that_began_last(shelf: Path) -> None:
    """Which one that is, is said."""
    with served() as address:
        (study,) = asked(f"{address}/api/studies")["study_summaries"]
    assert study["study_name"] == "bad"


def test_a_port_that_is_taken_is_named(shelf: Path) -> None:
    """Exit code 2; without --port another one is found."""
    with served("good") as address:
        taken = address.rpartition(":")[2]
        called = call("dashboard", "good", "--no-browser", "--port", taken)
        assert called.exit_code == 2
        assert called.stderr.startswith(f"Error: --port {taken}: Address already in use. Name another, or 0")


def test_a_search_that_has_not_begun_has_no_page(tmp_path: Path) -> None:
    """Its engine was killed before it wrote what it searches; exit code 2, no address."""
    (tmp_path / "runs" / "tune").mkdir(parents=True)
    (tmp_path / "runs" / "tune" / "journal").touch()
    called = call("dashboard", "tune", "--no-browser")
    assert called.exit_code == 2
    assert called.stderr == (
        f"Error: {tmp_path}/runs/tune holds no search that has begun. Run 'tune' first.\n"
    )


def test_a_search_in_a_cluster_has_a_report_instead() -> None:
    """Exit code 2, and the command that writes it."""
    called = call("dashboard", "experiment/x")
    assert called.exit_code == 2
    assert called.stderr.endswith("Write its report: kfp-katib report experiment/x\n")


def test_where_there_is_no_search_there_is_no_page(tmp_path: Path) -> None:
    """Exit code 2."""
    called = call("dashboard")
    assert (called.exit_code, f"There is no search in {tmp_path}/runs." in called.stderr) == (2, True)


def test_what_it_needs_is_said(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """optuna-dashboard is an extra; without it there is one line to type."""
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    called = call("dashboard", "good", "--no-browser")
    assert called.exit_code == 2
    assert called.stderr == (
        "Error: There is no module optuna_dashboard. The page is drawn by optuna-dashboard: "
        "pip install 'kfp-katib[dashboard]'\n"
    )


@pytest.mark.parametrize("desktop", [True, False])
def test_a_browser_opens_where_it_has_a_window(
    desktop: bool, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that draws in the terminal would keep the page from being served."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(WSGIServer, "serve_forever", lambda _: None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0" if desktop else "")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    called = call("dashboard", "good")
    assert called.exit_code == 0
    assert opened == re.findall(r"http://\S+", called.stderr)[:desktop]
