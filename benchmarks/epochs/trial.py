# SPDX-License-Identifier: Apache-2.0
"""One trial: has its arguments trained by the server at a socket, and prints what comes from there.

`trial.py SOCKET ARGUMENT...`. Importing scikit-learn takes a hundred times as long as an epoch, so only the
server does; this ends as soon as it is told to, and its training then ends as well.
"""

from __future__ import annotations

import json
import socket
import sys


def main(address: str, *arguments: str) -> None:
    """Ask, and print."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        server.sendall(json.dumps(arguments).encode() + b"\n")
        with server.makefile() as lines:
            for line in lines:
                print(line, end="", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
