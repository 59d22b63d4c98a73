# SPDX-License-Identifier: Apache-2.0
"""extract_best_model: export first, then delete the losers, and nothing else ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError, StorageError
from kfp_katib.steps.extract_best_model import extract
from tests.builders.model import write_model

HERE = __name__


def export(model: Path, destination: Path) -> dict[str, object]:
    """A user's function."""
    destination.mkdir()
    (destination / "model.bin").write_bytes((model / "weights").read_bytes() * 2)
    return {"framework": "bytes", "shape": [2]}


def export_nothing(model: Path, destination: Path) -> dict[str, object]:
    """A user's function that fails without a word."""
    return {}


def export_badly(model: Path, destination: Path) -> dict[str, object]:
    """A user's function that raises."""
    raise ValueError("no such layer")


def export_with_facts(model: Path, destination: Path) -> dict[str, object]:
    """A user's function that tells of the model under names that the search has too."""
    return {**export(model, destination), "trial": "mine", "parameters": 1_200_000, "epoch": 7}


class Search:
    """What a search left: three trials' models, the copy of the best, and the trials' table."""

    def __init__(self, root: Path) -> None:
        for name in ("a", "b", "c"):
            write_model(str(root / "models" / "e" / name), {"weights": name.encode()})
        write_model(str(root / "best"), {"weights": b"b"})
        (root / "trials.csv").write_text("name,state\na,Succeeded\nb,Succeeded\nc,Failed\n")
        self.root = root
        self.about: dict[str, Any] = {
            "model": "collected",
            "models": str(root / "models"),
            "experiment": "e",
            "trial": "b",
        }

    def extract(self, function: str = "export", **options: Any) -> Any:
        """Run the step."""
        paths = [str(self.root / name) for name in ("best", "trials.csv", "deployable")]
        return extract(f"{HERE}:{function}", paths[0], self.about, paths[1], paths[2], **options)

    @property
    def left(self) -> list[str]:
        """The trials that still have a model."""
        return sorted(path.name for path in (self.root / "models" / "e").iterdir())


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """A search that ended well."""
    return Search(tmp_path)


def test_the_best_model_is_exported_and_the_losers_go(search: Search) -> None:
    """The winner's own folder stays, as keep=1 says."""
    extracted = search.extract()
    assert (search.root / "deployable" / "model.bin").read_bytes() == b"bb"
    assert extracted.metadata == {
        "experiment": "e",
        "trial": "b",
        "models": str(search.root / "models"),
        "framework": "bytes",
        "shape": "[2]",
    }
    assert (extracted.pruned, search.left) == (2, ["b"])


ORIGIN = {
    "metric": "loss",
    "value": 2.0,
    "parameters": '{"lr": 0.1, "layers": 3}',
    "manifest_sha256": "a" * 64,
    "image": "registry.example.org/training:1",
}


def test_the_deployable_model_says_where_it_comes_from(search: Search) -> None:
    """Whoever registers it knows its trial, what it reached with which parameters, and of which manifest."""
    search.about |= ORIGIN
    metadata = search.extract().metadata
    assert metadata.items() >= {**ORIGIN, "experiment": "e", "trial": "b"}.items()
    assert isinstance(metadata["value"], float)


def test_where_it_comes_from_is_the_searchs_to_say(search: Search, caplog: pytest.LogCaptureFixture) -> None:
    """A user's function cannot change it by using the same name, and is told so."""
    search.about |= ORIGIN
    metadata = search.extract("export_with_facts").metadata
    assert metadata.items() >= {**ORIGIN, "trial": "b", "epoch": 7}.items()
    assert sorted(record.message.split(",")[0].rpartition(" ")[2] for record in caplog.records) == [
        "'parameters'",
        "'trial'",
    ]


def test_the_winners_folder_can_go_too(search: Search) -> None:
    """Its copy is in the pipeline."""
    assert (search.extract(keep=0).pruned, search.left) == (3, [])


def test_a_dry_run_deletes_nothing(search: Search) -> None:
    """And says how many it would be."""
    assert (search.extract(dry_run=True).pruned, search.left) == (2, ["a", "b", "c"])


def test_a_second_run_finds_the_work_done(search: Search) -> None:
    """A retried step does no harm."""
    search.extract()
    (search.root / "deployable" / "model.bin").unlink()
    (search.root / "deployable").rmdir()
    assert (search.extract().pruned, search.left) == (0, ["b"])


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        pytest.param("export_badly", ValueError, "no such layer", id="raises"),
        pytest.param("export_nothing", InputError, "wrote nothing to", id="writes nothing"),
    ],
)
def test_a_failed_export_deletes_nothing(
    search: Search, function: str, error: type[Exception], message: str
) -> None:
    """Whoever cannot export yet still needs every checkpoint."""
    with pytest.raises(error, match=message):
        search.extract(function)
    assert search.left == ["a", "b", "c"]


def test_a_damaged_copy_deletes_nothing(search: Search) -> None:
    """The copy is verified again right before."""
    (search.root / "best" / "weights").write_bytes(b"?")
    with pytest.raises(StorageError, match="damaged"):
        search.extract()
    assert search.left == ["a", "b", "c"]


def test_the_trials_of_another_search_delete_nothing(search: Search) -> None:
    """Two artifacts of two runs were mixed up."""
    (search.root / "trials.csv").write_text("name,state\nother,Succeeded\n")
    with pytest.raises(InputError, match="trial 'b', which is not among the 1 trials"):
        search.extract()
    assert search.left == ["a", "b", "c"]


@pytest.mark.parametrize(
    "table", [b"", b"state\nSucceeded\n", b"\xff\xfe", b"name\n" + b"a" * 200_000, b"name\n\0\n"]
)
def test_a_table_that_is_none_deletes_nothing(search: Search, table: bytes) -> None:
    """Empty, without names, not text, or with one that no reader takes."""
    (search.root / "trials.csv").write_bytes(table)
    with pytest.raises(InputError, match=r"nothing was deleted"):
        search.extract()
    assert search.left == ["a", "b", "c"]


def test_the_folders_of_other_searches_stay(search: Search) -> None:
    """Only those that the table names are the search's own."""
    write_model(str(search.root / "models" / "e" / "somebody-elses"), {"weights": b"x"})
    assert (search.extract().pruned, search.left) == (2, ["b", "somebody-elses"])


def test_a_model_from_elsewhere_is_exported_only(search: Search) -> None:
    """Without metadata there is nothing to prune."""
    search.about = {}
    assert (search.extract().pruned, search.left) == (0, ["a", "b", "c"])


def test_a_search_without_models_has_nothing_to_export(search: Search) -> None:
    """The step succeeds with an empty model that says so."""
    search.about = {"model": "none"}
    extracted = search.extract()
    assert (extracted.metadata, extracted.pruned) == ({"model": "none"}, 0)
    assert list((search.root / "deployable").iterdir()) == []
