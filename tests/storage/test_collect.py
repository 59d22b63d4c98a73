# SPDX-License-Identifier: Apache-2.0
"""The winner's model is taken out verified; where it is lost, the next best one's, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.results import Metric
from kfp_katib.storage import collect
from kfp_katib.storage.model_json import MODEL_JSON
from tests.builders.experiment import experiment, objective
from tests.builders.model import THREE, WEIGHTS, contents, listing, write_files, write_model
from tests.builders.result import result, trial


def test_the_winner_is_copied_with_its_list(root: str, endpoint: str, tmp_path: Path) -> None:
    """Every file arrives as it was, model.json word for word, and the copy is a checkpoint itself."""
    for index in range(3):
        write_model(f"{root}/tune/tune-{index}", {"w": bytes([index])}, endpoint)
    found = collect(result(THREE), root, tmp_path / "out", endpoint_url=endpoint)
    assert (found.trial, found.notes) == (THREE[1], ())
    assert contents(str(tmp_path / "out")) == {"w": b"\1", MODEL_JSON: listing({"w": b"\1"}).encode()}
    assert found.checkpoint is not None
    assert found.checkpoint.uri == str(tmp_path / "out")
    assert found.looked_in == (f"{root}/tune/tune-1",)


def test_only_listed_files_are_copied(tmp_path: Path) -> None:
    """Optimizer states and logs beside the model stay behind, and so do links."""
    write_model(f"{tmp_path}/tune/tune-1")
    write_files(f"{tmp_path}/tune/tune-1", {"log.txt": b"much"})
    (tmp_path / "tune" / "tune-1" / "link").symlink_to("/etc/passwd")
    collect(result(THREE), tmp_path, tmp_path / "out")
    assert set(contents(str(tmp_path / "out"))) == {*WEIGHTS, MODEL_JSON}


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param({}, "is not there", id="missing"),
        pytest.param({"w": b"x"}, "is not there", id="no list"),
        pytest.param({MODEL_JSON: b"{}"}, "is not valid", id="bad list"),
        pytest.param({"w": b"xx", MODEL_JSON: listing({"w": b"x"}).encode()}, "has 2 bytes", id="size"),
        pytest.param({"w": b"y", MODEL_JSON: listing({"w": b"x"}).encode()}, "is damaged", id="checksum"),
    ],
)
def test_the_next_best_replaces_a_lost_winner(
    root: str, endpoint: str, tmp_path: Path, damage: dict[str, bytes], why: str
) -> None:
    """The trial whose model was collected is described; the better one that was lost stands in the notes."""
    write_files(f"{root}/tune/tune-1", damage, endpoint)
    write_model(f"{root}/tune/tune-2", {"w": b"second"}, endpoint)
    found = collect(result(THREE), root, tmp_path / "out", endpoint_url=endpoint)
    assert found.trial == THREE[2]
    assert contents(str(tmp_path / "out"))["w"] == b"second"
    (note,) = found.notes
    assert note.startswith("Trial 'tune-1' (loss=0.3) has no complete model and was skipped: ")
    assert why in note


def test_no_model_anywhere_is_no_error(root: str, endpoint: str, tmp_path: Path) -> None:
    """The launcher decides what that means; it gets the folders in the order of the ranking."""
    found = collect(result(THREE), root, tmp_path / "out", endpoint_url=endpoint)
    assert (found.trial, found.checkpoint) == (None, None)
    assert found.looked_in == tuple(f"{root}/tune/tune-{index}" for index in (1, 2, 0))
    assert len(found.notes) == 3
    assert not (tmp_path / "out").exists()


def test_a_trial_without_a_finite_value_is_never_looked_at(tmp_path: Path) -> None:
    """Its model may be whole, but nobody knows how good it is."""
    write_model(f"{tmp_path}/tune/tune-0")
    found = collect(result([trial(0, "nan"), trial(1, state="Failed")]), tmp_path, tmp_path / "out")
    assert (found.trial, found.looked_in) == (None, ())


@pytest.mark.parametrize("linked", ["tune", "tune/tune-1"])
def test_a_trial_reached_through_a_link_is_passed_over(tmp_path: Path, linked: str) -> None:
    """A trial can replace its own folder by a link to somebody else's."""
    write_model(f"{tmp_path}/other/tune-1")
    (tmp_path / linked).parent.mkdir(exist_ok=True)
    (tmp_path / linked).symlink_to(tmp_path / "other" / ("" if linked == "tune" else "tune-1"))
    found = collect(result(THREE), tmp_path, tmp_path / "out")
    assert found.trial is None
    assert "symbolic link" in found.notes[0]


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    """Mounts are often reached that way; it is the user's own."""
    write_model(f"{tmp_path}/disk/tune/tune-1")
    (tmp_path / "models").symlink_to(tmp_path / "disk")
    assert collect(result(THREE), tmp_path / "models", tmp_path / "out").trial == THREE[1]


@pytest.mark.parametrize(
    ("compared", "saved", "noted"),
    [
        pytest.param("0.3", 0.3, False, id="equal"),
        pytest.param("0.1235", 0.12346, False, id="rounded by the printed line"),
        pytest.param("3e-4", 3.4e-4, False, id="rounded in powers of ten"),
        pytest.param("0.1235", 0.1299, True, id="another epoch"),
    ],
)
def test_a_model_of_another_epoch_is_noted(tmp_path: Path, compared: str, saved: float, noted: bool) -> None:
    """The metric beside the files must be the one that Katib compared, as far as its digits tell."""
    write_model(f"{tmp_path}/tune/tune-0", metrics={"loss": saved}, epoch=9)
    one = trial(0, metrics={"loss": Metric(compared, "0.9", "0.5")})
    notes = collect(result([one]), tmp_path, tmp_path / "out").notes
    assert bool(notes) == noted
    if noted:
        assert f"saved at epoch 9 with loss={saved:g}, but the search compared {compared}" in notes[0]


def test_a_model_without_metrics_is_not_noted(tmp_path: Path) -> None:
    """What model.json does not say cannot differ."""
    write_model(f"{tmp_path}/tune/tune-0")
    assert collect(result([trial(0, "0.1")]), tmp_path, tmp_path / "out").notes == ()


@pytest.mark.parametrize("name", ["..", "", ".", "a/b", "../other", "-a", "A", "a" * 254, "a\n"])
def test_an_experiment_whose_name_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """Names become folders, so only those that Kubernetes takes are taken."""
    with pytest.raises(InputError, match="The experiment's name"):
        collect(result(THREE, experiment(name=name)), tmp_path, tmp_path / "out")


def test_a_maximising_search_takes_the_largest(tmp_path: Path) -> None:
    """The ranking is that of the results."""
    for index in range(2):
        write_model(f"{tmp_path}/tune/tune-{index}")
    found = collect(
        result(THREE[:2], experiment(objective=objective("maximize"))), tmp_path, tmp_path / "out"
    )
    assert found.trial == THREE[0]


def test_a_retried_step_replaces_its_own_copy(root: str, endpoint: str, tmp_path: Path) -> None:
    """Also with another winner, and also into an object store; nothing of the first is left."""
    write_model(f"{tmp_path}/models/tune/tune-1", {"a": b"1", "b/c": b"2"})
    collect(result(THREE), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    write_model(f"{tmp_path}/models/tune/tune-0", {"a": b"3"})
    collect(result(THREE[:1]), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    assert contents(f"{root}/out", endpoint) == {"a": b"3", MODEL_JSON: listing({"a": b"3"}).encode()}


def test_what_is_no_model_is_not_replaced(root: str, endpoint: str, tmp_path: Path) -> None:
    """A mistyped destination must not cost anybody's files."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    write_files(f"{root}/out", {"thesis.tex": b"years"}, endpoint)
    with pytest.raises(StorageError, match=r"holds 'thesis\.tex', which belongs to no model"):
        collect(result(THREE), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    assert contents(f"{root}/out", endpoint) == {"thesis.tex": b"years"}


def test_a_bucket_that_is_not_there_is_trouble(endpoint: str, tmp_path: Path) -> None:
    """As a destination; it must not pass for a trial without a model."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    with pytest.raises(StorageError, match="no-such-bucket") as caught:
        collect(result(THREE), tmp_path / "models", "s3://no-such-bucket/out", endpoint_url=endpoint)
    assert not isinstance(caught.value, NoCheckpoint)
