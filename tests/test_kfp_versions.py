# SPDX-License-Identifier: Apache-2.0
"""The YAML is the same under the oldest and the newest kfp that we support, but for what only one can say."""

from __future__ import annotations

import re

import pytest

from tests.support.compiling import compile_into
from tests.support.environments import environment


def without_what_one_version_alone_can_say(text: str) -> str:
    """The YAML less the compiler's version, `optional` of a secret's variable, and the retry window."""
    return re.sub(r"(?m)^(sdkVersion: .*|\s+optional: false|\s+backoffMaxDuration: \d+s)\n?", "", text)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """The YAML under kfp 2.13.0 and under the kfp that runs this test."""
    folder = tmp_path_factory.mktemp("versions")
    old = compile_into(folder / "old", python=environment("kfp-2.13") / "bin" / "python")
    return old, compile_into(folder / "new")


def test_both_versions_write_the_same(compiled: tuple[dict[str, str], dict[str, str]]) -> None:
    """A file compiled by either is the same pipeline."""
    old, new = (
        {name: without_what_one_version_alone_can_say(text) for name, text in c.items()} for c in compiled
    )
    assert old == new


def test_each_file_says_which_version_wrote_it(compiled: tuple[dict[str, str], dict[str, str]]) -> None:
    """The comparison above compares two versions, not one with itself."""
    for version, files in zip(("2.13.0", "2.17.0"), compiled, strict=True):
        assert all(f"\nsdkVersion: kfp-{version}\n" in text for text in files.values())


def test_only_the_newer_version_holds_a_retry_window_of_days(
    compiled: tuple[dict[str, str], dict[str, str]],
) -> None:
    """The window is cut to an hour by kfp 2.13, which is why clusters get YAML that 2.17 compiled."""
    windows = [re.findall(r"backoffMaxDuration: (\d+)s", files["tune-pvc.yaml"]) for files in compiled]
    assert windows == [["3600"], ["1209600"]]
