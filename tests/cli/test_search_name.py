# SPDX-License-Identifier: Apache-2.0
"""NAME means the same for every verb: `x` and `runs/x` are here, `experiment/x` is in a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.cli.search_name import named_search, named_searches, parsed
from kfp_katib.errors import InputError
from tests.cli.commands import call

RUNS = Path("runs")
LOOKING = ("show", "report", "best", "export --csv", "watch", "cancel")
"""The verbs that look for one search, wherever it is."""


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("x", "runs/x"),
        ("runs/x", "runs/x"),
        ("./runs/x/", "runs/x"),
        ("runs/x/earlier/1", "runs/x/earlier/1"),
        ("elsewhere/x", "elsewhere/x"),
        ("/data/runs/x", "/data/runs/x"),
        ("./experiment/x", "experiment/x"),
    ],
)
def test_a_bare_name_and_a_folder_are_searches_of_this_machine(text: str, folder: str) -> None:
    """A name stands for a folder in `runs`, a path for itself."""
    search = named_search(text, runs=RUNS, namespace="")
    assert search.engine.trials_here
    assert search.folder == Path(folder).absolute()
    assert search.options.runs / search.name == Path(folder)


@pytest.mark.parametrize("namespace", ["", "team"])
def test_what_begins_with_experiment_is_in_a_cluster(namespace: str) -> None:
    """In the namespace that is given, else in the kubeconfig's."""
    search = named_search("experiment/x", runs=RUNS, namespace=namespace)
    assert (search.engine.trials_here, search.name, search.folder) == (False, "x", None)
    assert search.options.identity.namespace == namespace


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"'' is no name of a search\. Give its name, or runs/NAME; in a cluster: experiment/NAME"),
        (".", "no name of a search"),
        ("..", "no search in /.*/runs"),
        ("/", "no search in /.*/runs"),
        ("experiment/", r"names no Experiment in a cluster\. Write experiment/NAME"),
        ("experiment/x/y", "names no Experiment"),
    ],
)
def test_what_is_no_name_is_refused(text: str, words: str) -> None:
    """With what a name looks like."""
    with pytest.raises(InputError, match=words):
        parsed(text, runs=RUNS, namespace="")


def test_a_namespace_without_an_experiment_in_it_is_a_mistake() -> None:
    """`cancel x -n team` would end a search of this machine; who writes it means another one."""
    with pytest.raises(InputError, match=r"Leave out -n team, .* there: experiment/x$"):
        named_search("x", runs=RUNS, namespace="team")


def test_one_name_in_a_cluster_is_enough_for_a_namespace() -> None:
    """A search here can be compared with one there."""
    here, there = named_searches(("x", "experiment/x"), runs=RUNS, namespace="team")
    assert (here.engine.trials_here, there.engine.trials_here) == (True, False)


@pytest.mark.parametrize("verb", LOOKING)
def test_every_verb_names_the_searches_that_are_near_and_the_cluster(verb: str, shelf: Path) -> None:
    """Exit code 2; no cluster is asked."""
    name, *options = verb.split()
    called = call(name, "goood", *options)
    assert called.exit_code == 2
    assert called.stderr == (
        f"Error: There is no search 'goood' in {shelf}/runs. Did you mean 'good'? Use one of: bad, better, "
        "good. One in a cluster is experiment/goood.\n"
    )


@pytest.mark.parametrize(("text", "folder"), [("slow", "/runs"), ("runs/slow", "/runs"), ("slow/", "")])
def test_where_no_search_is_the_whole_folder_is_named(text: str, folder: str, tmp_path: Path) -> None:
    """Never `.`, behind which a full stop would say nothing."""
    assert call("show", text).stderr == (
        f"Error: There is no search 'slow' in {tmp_path}{folder}, nor any other. "
        "One in a cluster is experiment/slow.\n"
    )


def test_of_many_searches_only_the_nearest_are_named(tmp_path: Path) -> None:
    """And where all of them are listed."""
    for number in range(12):
        (tmp_path / "runs" / f"search-{number}").mkdir(parents=True)
        (tmp_path / "runs" / f"search-{number}" / "journal").touch()
    called = call("show", "serach-11")
    assert "Did you mean 'search-11' or " in called.stderr
    assert "All 12: kfp-katib list --runs runs" in called.stderr
    assert "search-7" not in called.stderr


@pytest.mark.parametrize("verb", LOOKING)
def test_no_verb_looks_here_for_what_is_in_a_cluster(
    verb: str, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where there is no cluster."""
    monkeypatch.setenv("KUBECONFIG", str(shelf / "none"))
    name, *options = verb.split()
    called = call(name, "experiment/good", *options)
    assert called.exit_code != 0
    assert "No cluster is known" in called.stderr
    assert called.stdout == ""
