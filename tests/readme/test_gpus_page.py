# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/gpus-and-quotas.md says happens; what a real cluster says is in the live tests."""

from __future__ import annotations

import re
from pathlib import Path

from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.engines.katib.diagnosis.explain import sentence
from kfp_katib.engines.katib.diagnosis.stall import Symptom
from kfp_katib.engines.options import RunOptions
from tests.places import ROOT
from tests.support.blocks import blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/gpus-and-quotas.md"
SHOWN = [block.code for block in blocks(PAGE) if block.language == "text"]


def test_devices_are_lent_and_their_lack_is_told(tmp_path: Path) -> None:
    """The page's commands one after the other; the lines that it shows are among what they say."""
    save(blocks(PAGE), tmp_path)
    lent, lacking = commands(PAGE)
    done = succeeded(typed(lent.code, tmp_path))
    for line in SHOWN[0].splitlines():
        assert alike(line) in alike(done.stderr)
    devices = re.findall(r"^device (\d), \S+ threads$", done.stdout, re.MULTILINE)
    assert set(devices) == {"0", "1"}
    assert len(devices) == 4
    assert SHOWN[1] in succeeded(typed(lacking.code, tmp_path)).stderr


def alike(text: str) -> str:
    """The text without what differs between machines: how many cores there are."""
    return re.sub(r"\d+ (cores?|threads?)\b", "N", text)


def test_the_warnings_that_it_shows_are_ours() -> None:
    """In the words of the scheduler and of the quota, which the live tests provoke."""
    quota = re.search(r"FailedCreate: (.*\.com/gpu=0)\. Ask", SHOWN[3])
    assert quota
    event = {
        "involvedObject": {"name": "gpus-4nbhvnq6"},
        "reason": "FailedCreate",
        "message": quota[1],
    }
    scheduler = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu"
    told = [
        sentence(Symptom("unschedulable", "gpus-4nbhvnq6-x7k2p", scheduler), []),
        sentence(Symptom("no-pod", "gpus-4nbhvnq6", ""), [event]),
    ]
    assert [f"{text}\n" for text in told] == SHOWN[2:]


def test_the_times_that_it_names_are_ours() -> None:
    """In words or digits."""
    text = (ROOT / PAGE).read_text()
    assert (CAUSES["unschedulable"].grace_seconds, CAUSES["no-pod"].grace_seconds) == (15, 20)
    assert "after some 15 seconds" in text
    assert "after 20 seconds" in text
    assert RunOptions().stall_timeout_seconds == 1800
    assert "half an hour" in text
