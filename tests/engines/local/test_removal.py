# SPDX-License-Identifier: Apache-2.0
"""A search is looked at and deleted: all of it, nothing else, and whatever interrupts that."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines import local
from kfp_katib.engines.local import removal
from kfp_katib.engines.local.folder import open_folder
from kfp_katib.errors import InputError
from kfp_katib.trial.plain_file import remove
from tests.builders.search import PRINT, manifest, search
from tests.engines.local.drive import alive, hanging, pids, start
from tests.support.waiting import until

SAVE = "mkdir -p ${pipeline.models}/tune/${trialParameters.trial}; echo weights > ${pipeline.models}/tune/w; "


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with a finished search of three trials, and another one's."""
    run(search(PRINT), runs=tmp_path / "runs")
    run(search(PRINT, name="other"), runs=tmp_path / "runs")
    return tmp_path / "runs"


def left(runs: Path) -> list[str]:
    """What is in the folder of all searches."""
    return sorted(path.name for path in runs.iterdir())


def test_what_would_be_deleted_is_told(runs: Path) -> None:
    """Trials, earlier searches and bytes; nothing is changed by that."""
    run(search(PRINT), runs=runs, again=True)
    (runs / "tune" / "large").write_bytes(b"x" * 5_000_000)
    before = sorted(runs.rglob("*"))
    found = local.to_delete("tune", runs=runs)
    assert (found.folder, found.trials, found.earlier, found.models) == (runs / "tune", 3, 1, ())
    assert 5_000_000 < found.size < 5_200_000
    assert sorted(runs.rglob("*")) == before


def test_a_search_is_deleted_with_all_that_is_in_its_folder(runs: Path) -> None:
    """Its models and earlier searches too; the next one of its name knows nothing of it."""
    run(search(PRINT), runs=runs, again=True)
    run(search(SAVE + PRINT, name="saving"), runs=runs)
    assert (runs / "saving" / "models").is_dir()
    for name in ("tune", "saving"):
        local.discard(name, runs=runs)
    assert left(runs) == ["other"]
    assert run(search(PRINT), runs=runs).count("Succeeded") == 3


@pytest.mark.parametrize("models", ["{0}/elsewhere", "s3://bucket/models/"])
def test_models_elsewhere_are_named_and_stay(tmp_path: Path, models: str) -> None:
    """Each place in which they ever were."""
    root = models.format(tmp_path)
    for place in (root, str(tmp_path / "runs" / "tune" / "models"), str(tmp_path / "second")):
        run(search(PRINT), runs=tmp_path / "runs", models=place)
        (tmp_path / "runs" / "tune" / "journal").write_bytes(
            b"".join((tmp_path / "runs" / "tune" / "journal").read_bytes().splitlines(keepends=True)[:-1])
        )
    (tmp_path / "elsewhere" / "tune").mkdir(parents=True)
    found = local.to_delete("tune", runs=tmp_path / "runs")
    assert found.models == (f"{root.rstrip('/')}/tune", f"{tmp_path}/second/tune")
    local.discard("tune", runs=tmp_path / "runs")
    assert (tmp_path / "elsewhere" / "tune").is_dir()


def test_what_a_link_leads_to_stays(runs: Path, tmp_path: Path) -> None:
    """Links in the folder go, and what is behind them is somebody's."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data").write_text("mine")
    for name in ("models", "earlier", "tune-link"):
        (runs / "tune" / name).symlink_to(precious)
    assert local.to_delete("tune", runs=runs).size < 100_000
    local.discard("tune", runs=runs)
    assert left(runs) == ["other"]
    assert (precious / "data").read_text() == "mine"


def test_a_link_in_place_of_a_search_is_refused(runs: Path, tmp_path: Path) -> None:
    """Even one to a search."""
    (runs / "tune").rename(tmp_path / "moved")
    (runs / "tune").symlink_to(tmp_path / "moved")
    with pytest.raises(InputError, match=r"tune is a link; what it leads to is not deleted"):
        local.to_delete("tune", runs=runs)


@pytest.mark.parametrize("name", ["", ".", "..", "../runs", "tune/..", "tune/earlier", "/", "tune/"])
def test_a_name_that_is_a_path_is_refused(runs: Path, name: str) -> None:
    """By name, whatever it leads to."""
    with pytest.raises(InputError, match=r"is no name of a search|no search"):
        local.to_delete(name, runs=runs)


def test_a_folder_that_is_no_search_is_none(runs: Path) -> None:
    """Whatever lies beside the searches is not ours; a misspelt name gets the one that was meant."""
    (runs / "data").mkdir()
    (runs / "data" / "lock").touch()
    (runs / "data" / "points.csv").touch()
    for name in ("data", "nowhere"):
        with pytest.raises(InputError, match=f"There is no search '{name}' in .*other, tune"):
            local.to_delete(name, runs=runs)
    with pytest.raises(InputError, match="Did you mean 'tune'"):
        local.to_delete("tuen", runs=runs)


def test_a_search_that_runs_is_refused(runs: Path) -> None:
    """Looking finds it, and so does deleting, if it began in between."""
    with open_folder(runs, "tune"):
        with pytest.raises(InputError, match=r"'tune' is being run by another process \(pid \d+\)"):
            local.to_delete("tune", runs=runs)
        with pytest.raises(InputError, match="is being run"):
            local.discard("tune", runs=runs)
    assert (runs / "tune" / "journal").exists()


def test_trials_that_a_killed_engine_left_are_ended_first(tmp_path: Path) -> None:
    """They would write into the next search of that name."""
    engine = start(manifest(hanging(tmp_path), parallelTrialCount=2), tmp_path / "runs")
    try:
        until(lambda: len(pids(tmp_path)) >= 2)
    finally:
        engine.kill()
        engine.wait()
    assert alive(tmp_path)
    local.discard("tune", runs=tmp_path / "runs")
    assert not alive(tmp_path)
    assert left(tmp_path / "runs") == []


def test_a_damaged_search_is_deleted_all_the_same(runs: Path) -> None:
    """Its journal says nothing any more."""
    (runs / "tune" / "journal").write_bytes(b"\0garbage\n")
    assert local.to_delete("tune", runs=runs).trials == 0
    local.discard("tune", runs=runs)
    assert left(runs) == ["other"]


@pytest.mark.parametrize("moment", range(1, 7))
def test_an_interrupted_removal_can_be_repeated(
    runs: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """After any of its steps the folder is still a search's, and the same call deletes the rest."""
    steps = 0

    def step(path: Path) -> Path:
        nonlocal steps
        steps += 1
        if steps == moment:
            raise KeyboardInterrupt
        return path

    real_remove, real_unlink, real_rmdir = remove, Path.unlink, Path.rmdir
    with monkeypatch.context() as patch:
        patch.setattr(removal, "remove", lambda path: real_remove(step(path)))
        patch.setattr(Path, "unlink", lambda path, **more: real_unlink(step(path), **more))
        patch.setattr(Path, "rmdir", lambda path: real_rmdir(step(path)))
        with pytest.raises(KeyboardInterrupt):
            local.discard("tune", runs=runs)
    local.to_delete("tune", runs=runs)
    local.discard("tune", runs=runs)
    assert left(runs) == ["other"]


def test_what_the_system_refuses_is_said(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its path; the journal stays, so the removal can be repeated."""
    monkeypatch.setattr(removal, "remove", lambda _: None)
    with pytest.raises(InputError, match=r"could not be deleted: \S+/tune-\w+ is still there"):
        local.discard("tune", runs=runs)
    assert (runs / "tune" / "journal").exists()
