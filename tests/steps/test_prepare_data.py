# SPDX-License-Identifier: Apache-2.0
"""prepare_data: the user's function makes the data where the trials can read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps.prepare_data import prepare


def write_numbers(source: str, destination: Path, *, count: int = 2) -> dict[str, object]:
    """A user's function."""
    destination.mkdir()
    (destination / "numbers.txt").write_text(source * count)
    return {"count": count, "units": ["MeV"]}


def write_nothing(source: str, destination: Path) -> dict[str, object]:
    """A user's function that forgets its data."""
    return {}


HERE = __name__


def test_the_data_lie_at_the_destination(tmp_path: Path) -> None:
    """Folders above it are made; what the function says is metadata."""
    made = prepare(f"{HERE}:write_numbers", "ab", str(tmp_path / "new" / "data"), {"count": 3})
    assert Path(made.address, "numbers.txt").read_text() == "ababab"
    assert made.metadata == {"count": 3, "units": '["MeV"]'}


def test_the_address_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials may run in another folder."""
    monkeypatch.chdir(tmp_path)
    assert prepare(f"{HERE}:write_numbers", "a", "data", {}).address == str(tmp_path / "data")


def test_a_whole_number_of_the_options_arrives_whole(tmp_path: Path) -> None:
    """A dictionary's numbers travel as floating point, and "a" * 3.0 would fail."""
    made = prepare(f"{HERE}:write_numbers", "a", str(tmp_path / "data"), {"count": 3.0})
    assert Path(made.address, "numbers.txt").read_text() == "aaa"


def test_a_store_is_no_destination(tmp_path: Path) -> None:
    """The function writes files; the artifact store takes them from there by itself."""
    with pytest.raises(InputError, match=r"destination is 's3://b/d'\. Give a mounted folder"):
        prepare(f"{HERE}:write_numbers", "", "s3://b/d", {})


def test_a_function_that_writes_nothing_is_told(tmp_path: Path) -> None:
    """Better here than as an empty dataset in every trial."""
    with pytest.raises(InputError, match=r"write_nothing' wrote nothing to .*/data"):
        prepare(f"{HERE}:write_nothing", "", str(tmp_path / "data"), {})
