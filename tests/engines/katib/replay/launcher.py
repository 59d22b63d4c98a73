# SPDX-License-Identifier: Apache-2.0
"""A process of its own that runs a recorded search, to be killed by tests: `python -m ... SCENARIO`."""

from __future__ import annotations

import sys

from kfp_katib.results import to_json
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.player import experiment_of
from tests.engines.katib.running import run


def main() -> None:
    """Run the search, say when something is known, and write the Result."""
    experiment = experiment_of(recording.read(sys.argv[1]))
    result = run(experiment, on_update=lambda _: print("update", flush=True))
    print(to_json(result))


if __name__ == "__main__":
    main()
