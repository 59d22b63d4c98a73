# SPDX-License-Identifier: Apache-2.0
"""The browser in which pages are opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Tab, tab


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all of these tests."""
    with tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
