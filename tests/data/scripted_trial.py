# SPDX-License-Identifier: Apache-2.0
"""A trial whose words are set by its order: the first to start takes the first entry of script.json.

Both engines run it, and suggest different values; what it prints must not depend on them. It needs nothing
but Python and the folder that it lies in, which all trials share.
"""

import fcntl
import json
import sys
import time
from pathlib import Path

here = Path(__file__).resolve().parent


def next_entry() -> dict:  # type: ignore[type-arg]
    """The entry of this trial; the last one serves all that follow."""
    script = json.loads((here / "script.json").read_text())
    with (here / "started").open("a+") as started:
        fcntl.flock(started, fcntl.LOCK_EX)
        started.seek(0)
        order = len(started.readlines())
        started.write(" ".join(sys.argv[1:]) + "\n")
    return {"seconds": script["seconds"], **script["trials"][min(order, len(script["trials"]) - 1)]}


entry = next_entry()
time.sleep(entry["seconds"] + entry.get("longer", 0))
for line in entry["prints"]:
    print(line, flush=True)
if "writes" in entry:
    Path(sys.argv[sys.argv.index("--metrics") + 1]).write_text(
        "".join(f"{line}\n" for line in entry["writes"])
    )
time.sleep(entry.get("after", 0))
sys.exit(entry.get("exit", 0))
