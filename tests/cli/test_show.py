# SPDX-License-Identifier: Apache-2.0
"""`show`, `report` and `export`: a search that is there, in three forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib.engines import local
from kfp_katib.engines.options import RunOptions
from kfp_katib.results import from_csv, from_json
from tests.cli.commands import call, manifest, write


def modified(folder: Path) -> dict[Path, int]:
    """When each file was written last."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("name", ["good", "runs/good"])
def test_a_search_is_shown_as_run_has_shown_it(name: str, tmp_path: Path) -> None:
    """On stdout the same text; nothing in its folder changes."""
    file = write(tmp_path, manifest("0.3", "0.2"))
    ran = call("run", file, "--name", "good")
    before = modified(tmp_path / "runs")
    shown = call("show", name)
    assert (shown.exit_code, shown.stdout) == (0, ran.stdout)
    assert modified(tmp_path / "runs") == before


def test_the_models_of_a_search_are_shown_where_they_were_written(tmp_path: Path) -> None:
    """Nobody has to say `--models` again."""
    content = manifest("0.3")
    (container,) = content["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    container["command"].append("${pipeline.models}")
    ran = call("run", write(tmp_path, content), "--models", "kept", "--json")
    shown = json.loads(call("show", "shell", "--json").stdout)
    assert shown["trials"][0]["model_uri"] == json.loads(ran.stdout)["trials"][0]["model_uri"]
    assert shown["trials"][0]["model_uri"].startswith(f"{tmp_path}/kept/shell/shell-")


def test_a_failed_search_is_shown_with_the_end_of_the_log(shelf: Path) -> None:
    """Exit code 1, as when it ran."""
    shown = call("show", "bad")
    assert shown.exit_code == 1
    assert "    boom" in shown.stderr
    assert str(shelf / "runs" / "bad") in shown.stderr


def test_an_unfinished_search_is_no_failure(tmp_path: Path) -> None:
    """Exit code 0: it has no verdict yet."""
    file = write(tmp_path, manifest("fail", "hang"))
    assert call("run", file, "--timeout-seconds", "2").exit_code == 1
    shown = call("show", "shell")
    assert shown.exit_code == 0
    assert "has no verdict yet" in shown.stdout


def test_a_search_is_shown_that_the_rules_of_today_would_refuse(tmp_path: Path) -> None:
    """It ran under those of its time."""
    call("run", write(tmp_path, manifest("0.3")))
    journal = tmp_path / "runs" / "shell" / "journal"
    journal.write_text(
        journal.read_text().replace('\\"maxTrialCount', '\\"maxTrialCounts\\":1,\\"maxTrialCount')
    )
    assert "maxTrialCounts" in journal.read_text()
    assert call("show", "shell").exit_code == 0


def test_the_report_is_one_page(shelf: Path, tmp_path: Path) -> None:
    """Named by -o; it is said where it is."""
    called = call("report", "good", "-o", str(tmp_path / "page.html"))
    assert (called.exit_code, called.stdout) == (0, "")
    assert called.stderr == f"Report: {tmp_path}/page.html\n"
    page = (tmp_path / "page.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "good" in page


def test_the_report_has_the_name_of_its_search(tmp_path: Path) -> None:
    """Where no other is given; a failed search has one too."""
    call("run", write(tmp_path, manifest("fail", maxFailedTrialCount=1)))
    called = call("report", "runs/shell")
    assert (called.exit_code, called.stderr) == (0, "Report: shell.html\n")
    assert (tmp_path / "shell.html").stat().st_size


def test_the_report_goes_to_stdout_for_a_dash(shelf: Path) -> None:
    """And nothing else does."""
    called = call("report", "good", "-o", "-")
    assert called.stdout.lstrip().lower().startswith("<!doctype html>")
    assert called.stderr == ""


def test_a_report_that_cannot_be_written_says_so(shelf: Path) -> None:
    """In a sentence."""
    called = call("report", "good", "-o", "nowhere/page.html")
    assert called.exit_code == 1
    assert called.stderr.startswith("Error: nowhere/page.html: No such file or directory.")


def test_exported_trials_can_be_told_to_another_search(shelf: Path) -> None:
    """Both forms hold them whole."""
    trials = local.read("good", RunOptions()).trials
    csv, document = call("export", "good", "--csv").stdout, call("export", "good", "--json").stdout
    for found in (from_csv(csv, "csv"), from_json(document, "json")):
        assert [each.parameters for each in found] == [each.parameters for each in trials]
        assert [each.state for each in found] == [each.state for each in trials]
    assert csv.count("\n") == len(trials) + 1


def test_an_export_goes_into_a_file(shelf: Path, tmp_path: Path) -> None:
    """The same text as on stdout."""
    called = call("export", "good", "--csv", "-o", str(tmp_path / "trials.csv"))
    assert (called.exit_code, called.stdout) == (0, "")
    assert (tmp_path / "trials.csv").read_text() == call("export", "good", "--csv").stdout


def test_the_form_of_an_export_has_to_be_said(shelf: Path) -> None:
    """Exit code 2."""
    called = call("export", "good")
    assert called.exit_code == 2
    assert called.stderr == "Error: Say in which form: --csv or --json.\n"
