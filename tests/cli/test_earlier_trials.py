# SPDX-License-Identifier: Apache-2.0
"""`--from` tells a new search earlier trials, `--enqueue` tries points first: how both are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib import load, run
from kfp_katib.cli.earlier_trials import points_of, sources_of
from kfp_katib.errors import InputError
from kfp_katib.results import trials_csv
from tests.cli.commands import call, manifest, write

KINDS = ("0.1", "0.2", "0.3", "fail")
RANDOM = {"algorithm": {"algorithmName": "random"}}


def before(folder: Path, name: str = "before") -> str:
    """A search that ran, and whose summary is in three forms: its folder, a table, and JSON."""
    document = manifest(*KINDS)
    document["metadata"]["name"] = name
    printed = call("run", write(folder, document), "--json")
    result = run(load(document), runs=folder / "runs")
    (folder / "größe, alt.csv").write_text(trials_csv(result))
    (folder / "before.json").write_text(printed.stdout)
    return write(folder, manifest(*KINDS, **RANDOM))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("runs/before", "runs/before"),
        ("./runs/before/", "runs/before"),
        ("before", "runs/before"),
        ("größe, alt.csv", "größe, alt.csv"),
        ("before.json", "before.json"),
    ],
)
def test_earlier_trials_come_from_a_folder_or_a_file(source: str, name: str, tmp_path: Path) -> None:
    """Told on stderr at the start, in the report and the JSON at the end, counted in nothing."""
    file = before(tmp_path)
    called = call("run", file, "--from", source, "--max-trials", "1", "--report", "report.html", "--json")
    said = f"Warm start: told 3 earlier trials of {name}; left out: 1 failed."
    assert said in called.stderr
    assert said in json.loads(called.stdout)["notes"]
    row = f'<th scope="row">{name}</th><td class="n">3</td><td class="n">1</td><td>1 failed</td>'
    assert row in (tmp_path / "report.html").read_text()
    assert len(json.loads(called.stdout)["trials"]) == 1


def test_the_summary_says_it_once(tmp_path: Path) -> None:
    """A finished search, whose start nobody saw, says it among its notes."""
    file = before(tmp_path)
    options = ("--from", "before", "--max-trials", "1")
    first, second = call("run", file, *options), call("run", file, *options)
    note = "Warm start: told 3 earlier trials"
    assert (note in first.stderr, note in first.stdout) == (True, False)
    assert note in second.stdout
    assert second.stdout.count("The best of them is before-") == 1


def test_several_sources_are_told_together(tmp_path: Path) -> None:
    """Trials that two of them have are told once."""
    called = call("run", before(tmp_path), "--from", "before", "--from", "before.json", "--max-trials", "1")
    assert "told 3 earlier trials of runs/before" in called.stderr
    (said,) = (line for line in called.stderr.splitlines() if "of before.json; left out: " in line)
    assert said.startswith("Warm start: told 0 earlier trials")
    assert "1 failed" in said
    assert "3 told already" in said


def test_a_search_that_was_put_aside_is_a_source(tmp_path: Path) -> None:
    """The search that takes its place may learn from it."""
    file = before(tmp_path, name="shell")
    called = call("run", file, "--again", "--from", "shell", "--max-trials", "1")
    assert "told 3 earlier trials of runs/shell" in called.stderr
    called = call("run", file, "--name", "other", "--from", "runs/shell/earlier/1", "--max-trials", "1")
    assert "told 3 earlier trials of runs/shell/earlier/1" in called.stderr


def test_a_refused_change_names_a_way_that_works(tmp_path: Path) -> None:
    """`--name other --from runs/before` is typed as the message says."""
    file = before(tmp_path, name="shell")
    refused = call("run", file)
    assert refused.exit_code == 2
    assert "(--name OTHER --from " in refused.stderr
    folder = refused.stderr.split("--from ")[1].split(")")[0]
    way = ("--name", "other", "--from", folder, "--max-trials", "1", "--enqueue", "kind=0.2")
    called = call("run", file, *way)
    assert called.exit_code == 0
    assert f"told 3 earlier trials of {folder}" in called.stderr


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "--from is empty"),
        ("experiment/", "--from is empty"),
        ("runs", "There is no search 'runs' in /.*/runs, nor any other"),
        ("runs/", "There is no search 'runs' in /.*, nor any other"),
        ("nowhere", "There is no search 'nowhere' in /.*/runs, .* in a cluster is experiment/nowhere."),
        ("runs/nowhere", "There is no search 'nowhere' in /.*/runs, "),
        ("nothing.csv", "--from nothing.csv: No such file or directory"),
        ("folder.csv", "There is no search 'folder.csv' in /.*/runs, "),
        ("latin.csv", "it is not UTF-8"),
        ("empty.json", "empty.json is not the JSON of a Result"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(source: str, words: str, tmp_path: Path) -> None:
    """By the name that the user wrote, before anything runs; exit code 2."""
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "latin.csv").write_bytes("größe".encode("latin-1"))
    (tmp_path / "empty.json").touch()
    called = call("run", write(tmp_path, manifest("0.1")), "--from", source)
    assert called.exit_code == 2
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(called.stderr)
    assert list(tmp_path.glob("runs/shell/shell-*")) == []


def test_sources_are_read_when_a_search_begins(tmp_path: Path) -> None:
    """Not before: whoever goes on with a search need not have them any more."""
    (one,) = sources_of(["gone.csv"], runs=tmp_path, namespace="")
    assert one.source == "gone.csv"
    with pytest.raises(InputError, match=r"gone.csv: No such file"):
        one.read()


def test_enqueued_points_run_first(tmp_path: Path) -> None:
    """In the order in which they were written."""
    file = write(tmp_path, manifest("0.1", "0.2", "0.3", "0.4"))
    called = call("run", file, "--enqueue", "kind=0.4", "--enqueue", "kind=0.2", "--json")
    assert called.exit_code == 0
    tried = [trial["parameters"]["kind"] for trial in json.loads(called.stdout)["trials"]]
    assert tried[:2] == ["0.4", "0.2"]
    assert sorted(tried) == ["0.1", "0.2", "0.3", "0.4"]


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("lr=0.01", {"lr": "0.01"}),
        ("lr=0.01,batch_size=32", {"lr": "0.01", "batch_size": "32"}),
        ("lr=0.01, batch_size=32", {"lr": "0.01", "batch_size": "32"}),
        ("layers=64,32,lr=1", {"layers": "64,32", "lr": "1"}),
        ("--lr=0.1", {"--lr": "0.1"}),
        ("größe=ä", {"größe": "ä"}),
        ("note=", {"note": ""}),
        ("when=a=b", {"when": "a=b"}),
    ],
)
def test_a_point_is_written_as_names_and_values(text: str, point: dict[str, str]) -> None:
    """A comma is one between two names, or part of a value."""
    assert points_of([text]) == (point,)


@pytest.mark.parametrize("text", ["", "lr", "=1", "lr,batch=3", ",lr=1"])
def test_another_form_of_a_point_is_refused(text: str) -> None:
    """With an example of what is wanted."""
    with pytest.raises(InputError, match=r"write NAME=VALUE,NAME=VALUE, such as lr=0.01"):
        points_of([text])


def test_a_point_names_a_parameter_once() -> None:
    """Two points have an option each."""
    with pytest.raises(InputError, match="names lr twice"):
        points_of(["lr=1,lr=2"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--enqueue", "kind=0.9"],
            "enqueue kind=0.9: '0.9' is not in the feasible space of kind: one of 0.1",
        ),
        (["--enqueue", "knid=0.1"], "there is no parameter 'knid'. Did you mean 'kind'?"),
    ],
)
def test_a_point_elsewhere_is_refused(options: list[str], words: str, tmp_path: Path) -> None:
    """Exit code 2, and no trial has run."""
    called = call("run", write(tmp_path, manifest("0.1")), *options)
    assert called.exit_code == 2
    assert words in called.stderr
    assert not (tmp_path / "runs").exists()
