# SPDX-License-Identifier: Apache-2.0
"""A journal of population based training that cannot be one is refused by its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from tests.engines.local.search.populations import pbt
from tests.engines.local.search.searching import asked, end, run, search

KEY = "kfp-katib:pbt"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"told": [99]}, "names a trial that comes later"),
        ({"told": "0"}, "told"),
        ({"told": [8]}, "follows the end of a trial that had not ended"),
        ({"generation": -1}, "generation"),
        ({"generation": 0}, "a generation that does not go with its parent"),
        ({"parent": None}, "a generation that does not go with its parent"),
        ({"parent": 0}, "goes on from a trial without a value"),
        (None, "trial 9 lacks its generation"),
    ],
)
def test_a_note_that_does_not_fit_is_refused(
    tmp_path: Path, change: Mapping[str, Any] | None, words: str
) -> None:
    """Its line is named; nothing is suggested from it."""
    made = pbt()
    suggestions = search(made, tmp_path)
    for number in range(10):
        record = asked(suggestions)
        if number < 8:
            end(suggestions, record.number, None if number == 0 else 1.0)
    file = tmp_path / "search" / "journal"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    last = [line for line in lines if line["op_code"] == 4][-1]
    last["user_attrs"][KEY].update(change or {})
    if change is None:
        del last["user_attrs"][KEY]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=words):
        search(made, tmp_path)


def test_a_journal_that_is_whole_is_read(tmp_path: Path) -> None:
    """With values off their lattice, points of the user's, and failed trials."""
    made = pbt()
    suggestions = search(made, tmp_path)
    suggestions.enqueue([{"lr": "0.5"}])
    run(suggestions, 20, lambda texts: float(texts["lr"]) if texts["optimizer"] != "lion" else None)
    assert search(made, tmp_path).journal.trials == suggestions.journal.trials
